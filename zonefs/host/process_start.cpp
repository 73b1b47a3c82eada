#include "zonefs/host/process_start.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <limits>

#include "zonecopy/file_descriptor.h"

namespace zonecopy::zonefs {

void open_standard_files() {
  while (true) {
    FileDescriptor file(open("/dev/null", O_RDWR));  // open(2) takes the lowest free number
    if (!file || file.get() > STDERR_FILENO) return;
    (void)file.release();  // stays open as one of the three
  }
}

void make_size_limit_an_error() { signal(SIGXFSZ, SIG_IGN); }

void reserve_heap() {
  constexpr int piece_bytes = 64 << 10;
  constexpr std::size_t pieces = 128;  // 8 MiB: enough for more than a thousand requests at once
  // What is larger than a piece is mapped for itself and cannot use this up; nothing of it goes back, and all threads
  // have it. Its pages cost nothing until they are used.
  mallopt(M_MMAP_THRESHOLD, 2 * piece_bytes);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_ARENA_MAX, 1);
  std::array<void*, pieces> held{};
  for (void*& piece : held) piece = std::malloc(piece_bytes);
  for (void* piece : held) std::free(piece);
}

void shed_inheritance() {
  (void)close_range(STDERR_FILENO + 1, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGCHLD, SIG_DFL);  // if it were ignored, the exit status of fusermount3 would be lost
  signal(SIGUSR2, SIG_DFL);  // this program uses it to end its loop
  make_size_limit_an_error();
  for (const auto resource : {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CPU}) {
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(resource, &limit);
  }
  umask(022);
}

std::vector<int> not_ignored(std::vector<int> signals) {
  std::erase_if(signals, [](int signal) {
    struct sigaction action {};
    return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  });
  return signals;
}

}  // namespace zonecopy::zonefs
