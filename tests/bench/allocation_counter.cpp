// Loaded into a program with LD_PRELOAD, counts its heap allocations: one counter of 64 bits in the file that the environment
// variable ZONECOPY_ALLOCATION_COUNT names, which others can read while the program runs. operator new is malloc here.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// The allocator under the names that glibc keeps for those who put their own in front of it.
extern "C" {
void* __libc_malloc(std::size_t size_bytes);
void* __libc_calloc(std::size_t count, std::size_t size_bytes);
void* __libc_realloc(void* memory, std::size_t size_bytes);
void* __libc_memalign(std::size_t alignment, std::size_t size_bytes);
}

namespace {

using Counter = std::atomic<std::uint64_t>;
static_assert(sizeof(Counter) == 8 && Counter::is_always_lock_free);

Counter not_mapped{0};
std::atomic<Counter*> counter{&not_mapped};

[[gnu::constructor]] void map_counter() {
  const char* const path = std::getenv("ZONECOPY_ALLOCATION_COUNT");
  if (path == nullptr) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  void* const shared = fd < 0 ? MAP_FAILED : mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd >= 0) close(fd);
  if (shared != MAP_FAILED) counter = static_cast<Counter*>(shared);
}

void count() { counter.load(std::memory_order_relaxed)->fetch_add(1, std::memory_order_relaxed); }

}  // namespace

extern "C" {

void* malloc(std::size_t size_bytes) {
  count();
  return __libc_malloc(size_bytes);
}

void* calloc(std::size_t count_of_members, std::size_t size_bytes) {
  count();
  return __libc_calloc(count_of_members, size_bytes);
}

void* realloc(void* memory, std::size_t size_bytes) {
  count();
  return __libc_realloc(memory, size_bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t size_bytes) {
  count();
  return __libc_memalign(alignment, size_bytes);
}

void* memalign(std::size_t alignment, std::size_t size_bytes) { return aligned_alloc(alignment, size_bytes); }

int posix_memalign(void** memory, std::size_t alignment, std::size_t size_bytes) {
  *memory = aligned_alloc(alignment, size_bytes);
  return *memory == nullptr ? 12 : 0;  // ENOMEM; errno is not to be touched
}
}
