#include "device/image_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace zonecopy::image {
namespace {

// A file system that is being unmounted holds its image a little longer than umount(8) takes.
constexpr std::chrono::milliseconds lock_patience(3000);
constexpr std::chrono::milliseconds lock_retry_interval(20);

Error failed(const std::string& path, int code, std::string detail = {}) {
  Error error(code, "open image", std::move(detail));
  error.on_device(path);
  return error;
}

Status take_lock(const std::string& path, int fd) {
  const auto deadline = std::chrono::steady_clock::now() + lock_patience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(path, errno, "cannot lock the file");
    if (std::chrono::steady_clock::now() > deadline) {
      return failed(path, EBUSY, "the image is in use by another process; unmount it first");
    }
    std::this_thread::sleep_for(lock_retry_interval);
  }
  return {};
}

/// Direct I/O keeps data out of the page cache, but not every file system does it, nor for every block size.
FileDescriptor open_for_data(const std::string& path, bool writable, std::uint32_t block_size_bytes) {
  const int access = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC;
  FileDescriptor direct(open(path.c_str(), access | O_DIRECT));
  if (direct) {
    struct statx facts {};
    const bool known =
        statx(direct.get(), "", AT_EMPTY_PATH, STATX_DIOALIGN, &facts) == 0 && (facts.stx_mask & STATX_DIOALIGN) != 0;
    const std::uint32_t needed_bytes = known ? facts.stx_dio_offset_align : 4096;
    if (needed_bytes != 0 && needed_bytes <= block_size_bytes) return direct;
  }
  return FileDescriptor(open(path.c_str(), access));
}

Result<Header> read_header(const std::string& path, int fd) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) return failed(path, errno);
  if (!S_ISREG(facts.st_mode)) return failed(path, EINVAL, "this is no regular file");
  HeaderBytes bytes{};
  const ssize_t count = pread(fd, bytes.data(), bytes.size(), 0);
  if (count < 0) return failed(path, errno);
  Result<Header> header = decode(std::span(bytes).first(static_cast<std::size_t>(count)));
  if (!header) return header.error().on_device(path);
  const std::uint64_t expected_bytes = header->file_size_bytes();
  if (static_cast<std::uint64_t>(facts.st_size) < expected_bytes) {
    return failed(
        path, EINVAL,
        fmt::format("the image is truncated: it has {} bytes and should have {}", facts.st_size, expected_bytes));
  }
  return header;
}

Status check_table(const std::string& path, const Header& header, const ZoneTable& table) {
  for (ZoneIndex zone = 0; zone < header.zone_count; ++zone) {
    const std::optional<ZoneState> state = unpack(table.load(zone), header.zone_capacity_of(zone));
    // A bad condition can befall any zone; else a conventional zone is just that.
    const bool fits =
        state && (state->condition == ZoneCondition::read_only || state->condition == ZoneCondition::offline ||
                  header.conventional(zone) == (state->condition == ZoneCondition::not_write_pointer));
    if (!fits) {
      Error error = failed(path, EINVAL, fmt::format("the image's zone table is damaged at zone {}", zone));
      return error.at_zone(zone);
    }
  }
  return {};
}

}  // namespace

Result<ZoneTable> ZoneTable::map(int fd, const Header& header, bool writable) {
  ZoneTable table;
  table.mapping_size_bytes_ = zone_table_offset_bytes + header.zone_count * sizeof(std::uint64_t);
  void* mapping =
      mmap(nullptr, table.mapping_size_bytes_, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) return Error(errno, "map zone table");
  table.mapping_ = mapping;
  table.words_ = reinterpret_cast<std::uint64_t*>(static_cast<std::byte*>(mapping) + zone_table_offset_bytes);
  return table;
}

ZoneTable::ZoneTable(ZoneTable&& other) noexcept { *this = std::move(other); }

ZoneTable& ZoneTable::operator=(ZoneTable&& other) noexcept {
  std::swap(words_, other.words_);
  std::swap(mapping_, other.mapping_);
  std::swap(mapping_size_bytes_, other.mapping_size_bytes_);
  return *this;
}

ZoneTable::~ZoneTable() {
  if (mapping_ != nullptr) munmap(mapping_, mapping_size_bytes_);
}

std::uint64_t ZoneTable::load(ZoneIndex zone) const {
  return std::atomic_ref<std::uint64_t>(words_[zone]).load(std::memory_order_acquire);
}

bool ZoneTable::replace(ZoneIndex zone, std::uint64_t from, std::uint64_t to) {
  return std::atomic_ref<std::uint64_t>(words_[zone]).compare_exchange_strong(from, to);
}

Result<ImageFile> open_image_file(const std::string& path, bool writable, bool exclusive) {
  ImageFile file;
  file.path = path;
  file.writable = writable;
  file.buffered = FileDescriptor(open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC));
  if (!file.buffered) return failed(path, errno);
  Result<Header> header = read_header(path, file.buffered.get());
  if (!header) return header.error();
  file.header = *header;
  if (exclusive) {
    const Status locked = take_lock(path, file.buffered.get());
    if (!locked) return locked.error();
  }
  Result<ZoneTable> table = ZoneTable::map(file.buffered.get(), file.header, writable);
  if (!table) return table.error().on_device(path);
  file.table = std::move(*table);
  const Status sound = check_table(path, file.header, file.table);
  if (!sound) return sound.error();
  file.data = open_for_data(path, writable, file.header.block_size_bytes);
  if (!file.data) return failed(path, errno);
  return file;
}

}  // namespace zonecopy::image
