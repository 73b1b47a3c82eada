// Files and zones for C.
#include "src/gather/c/handles.h"

#include <algorithm>
#include <span>
#include <utility>

namespace zonecopy::gather::c {
namespace {

int hand_over(Result<std::shared_ptr<GatherFile>> opened, zonecopy_file** file, zonecopy_error* error) {
  if (!opened) return tell(opened.error(), error);
  auto handle = std::make_unique<zonecopy_file>();
  handle->file = std::move(*opened);
  *file = handle.release();
  return 0;
}

Result<Gatherer::Access> access_of(int access) {
  if (access == ZONECOPY_READ) return Gatherer::Access::read;
  if (access == ZONECOPY_WRITE) return Gatherer::Access::write;
  return misuse("access is neither ZONECOPY_READ nor ZONECOPY_WRITE");
}

}  // namespace
}  // namespace zonecopy::gather::c

using namespace zonecopy;             // NOLINT(google-build-using-namespace): the functions of C stand outside
using namespace zonecopy::gather::c;  // NOLINT(google-build-using-namespace)

int zonecopy_open_file(zonecopy_gatherer* gatherer, const char* path, int access, zonecopy_file** file,
                       zonecopy_error* error) {
  return guarded(error, [&] {
    if (gatherer == nullptr || path == nullptr || file == nullptr) return tell(misuse("a null pointer"), error);
    *file = nullptr;
    const Result<Gatherer::Access> wanted = access_of(access);
    if (!wanted) return tell(wanted.error(), error);
    return hand_over(gatherer->gatherer->open_file(path, *wanted), file, error);
  });
}

int zonecopy_use_descriptor(zonecopy_gatherer* gatherer, int descriptor, zonecopy_file** file, zonecopy_error* error) {
  return guarded(error, [&] {
    if (gatherer == nullptr || file == nullptr) return tell(misuse("a null pointer"), error);
    *file = nullptr;
    return hand_over(gatherer->gatherer->use_descriptor(descriptor), file, error);
  });
}

int zonecopy_open_zone(zonecopy_gatherer* gatherer, const char* device, uint32_t zone, int access, zonecopy_file** file,
                       zonecopy_error* error) {
  return guarded(error, [&] {
    if (gatherer == nullptr || device == nullptr || file == nullptr) return tell(misuse("a null pointer"), error);
    *file = nullptr;
    const Result<Gatherer::Access> wanted = access_of(access);
    if (!wanted) return tell(wanted.error(), error);
    return hand_over(gatherer->gatherer->open_zone(device, zone, *wanted), file, error);
  });
}

void zonecopy_close(zonecopy_file* file) { delete file; }

int zonecopy_get_facts(zonecopy_file* file, zonecopy_facts* facts, zonecopy_error* error) {
  return guarded(error, [&] {
    if (file == nullptr || facts == nullptr) return tell(misuse("a null pointer"), error);
    if (facts->struct_size < sizeof *facts) return tell(misuse("struct_size of the facts is not set"), error);
    const Result<GatherFileFacts> now = file->file->facts();
    if (!now) return tell(now.error(), error);
    facts->sequential = now->sequential ? 1 : 0;
    facts->size_bytes = now->size_bytes;
    facts->capacity_bytes = now->capacity_bytes;
    facts->block_size_bytes = now->block_size_bytes;
    facts->only_offload = now->only_offload ? 1 : 0;
    return 0;
  });
}

int64_t zonecopy_read(zonecopy_file* file, uint64_t offset_bytes, void* data, size_t size, zonecopy_error* error) {
  return guarded(error, [&]() -> int64_t {
    if (file == nullptr || (data == nullptr && size > 0)) return tell(misuse("a null pointer"), error);
    const std::size_t room = std::min<std::uint64_t>(size, INT64_MAX);
    const Result<std::size_t> count = file->file->read(offset_bytes, {static_cast<std::byte*>(data), room});
    if (!count) return tell(count.error(), error);
    return static_cast<int64_t>(*count);
  });
}

int zonecopy_sync(zonecopy_file* file, zonecopy_error* error) {
  return guarded(error, [&] {
    if (file == nullptr) return tell(misuse("a null pointer"), error);
    const Status done = file->file->sync();
    return done ? 0 : tell(done.error(), error);
  });
}
