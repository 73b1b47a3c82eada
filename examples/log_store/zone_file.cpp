#include "examples/log_store/zone_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace log_store {

using zonecopy::Error;
using zonecopy::FileDescriptor;
using zonecopy::Result;
using zonecopy::Status;

Result<std::unique_ptr<ZoneFile>> ZoneFile::open(std::string path) {
  std::unique_ptr<ZoneFile> file(new ZoneFile(std::move(path)));
  file->read_ = FileDescriptor(::open(file->path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file->read_) return file->make_error(errno, "open zone");
  struct stat status {};
  if (::fstat(file->read_.get(), &status) != 0) return file->make_error(errno, "open zone");
  if (!S_ISREG(status.st_mode)) return file->make_error(EINVAL, "open zone", "it is no zone file");
  // zonefs and zonecopyfs alike: the blocks of a file are the capacity of its zone, and st_blksize what it is written in.
  file->size_bytes_ = static_cast<std::uint64_t>(status.st_size);
  file->capacity_bytes_ = static_cast<std::uint64_t>(status.st_blocks) * 512;
  file->block_bytes_ = static_cast<std::uint64_t>(status.st_blksize);
  if (file->capacity_bytes_ < file->size_bytes_) {
    return file->make_error(EINVAL, "open zone", "it is no zone file: its blocks are not the capacity of a zone");
  }
  return file;
}

Result<int> ZoneFile::write_descriptor() {
  if (!write_) {
    write_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
    if (!write_) return make_error(errno, "open zone for writing");
  }
  return write_.get();
}

Status ZoneFile::was_written() {
  struct stat status {};
  ++changes_;
  if (::fstat(read_.get(), &status) != 0) return make_error(errno, "stat zone");
  size_bytes_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

Status ZoneFile::append(std::span<const std::byte> data) {
  const auto descriptor = write_descriptor();
  if (!descriptor) return descriptor.error();
  ++changes_;
  // The offset says where we think that the zone ends. If somebody else wrote it, the write is refused (EINVAL).
  const ssize_t written = ::pwrite(*descriptor, data.data(), data.size(), static_cast<off_t>(size_bytes_));
  if (written < 0) return make_error(errno, "write zone");
  size_bytes_ += static_cast<std::uint64_t>(written);
  if (static_cast<std::size_t>(written) != data.size()) {
    return make_error(EIO, "write zone", fmt::format("only {} of {} bytes were written", written, data.size()));
  }
  return {};
}

Status ZoneFile::read(std::uint64_t offset_bytes, std::span<std::byte> data) const {
  while (!data.empty()) {
    const ssize_t count = ::pread(read_.get(), data.data(), data.size(), static_cast<off_t>(offset_bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error(errno, "read zone");
    if (count == 0) return make_error(EIO, "read zone", fmt::format("it ends at {}, which was written", offset_bytes));
    offset_bytes += static_cast<std::uint64_t>(count);
    data = data.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status ZoneFile::sync() {
  if (!is_dirty()) return {};
  // What is written while the call runs may be missed by it.
  const std::uint64_t changes = changes_;
  // By the descriptor for reading, which is always there: what is made durable is the file, not the descriptor.
  if (::fdatasync(read_.get()) != 0) return make_error(errno, "sync zone");
  changes_synced_ = changes;
  return {};
}

Status ZoneFile::seal(bool finish) {
  if (Status synced = sync(); !synced) return synced;
  if (finish && room_bytes() > 0) {
    const auto descriptor = write_descriptor();
    if (!descriptor) return descriptor.error();
    if (::ftruncate(*descriptor, static_cast<off_t>(capacity_bytes_)) != 0) return make_error(errno, "finish zone");
    size_bytes_ = capacity_bytes_;
  }
  write_ = FileDescriptor();
  return {};
}

Status ZoneFile::reset() {
  write_ = FileDescriptor();
  if (::truncate(path_.c_str(), 0) != 0) return make_error(errno, "reset zone");
  size_bytes_ = 0;
  ++changes_;
  return sync();
}

Error ZoneFile::make_error(int code, const char* operation, std::string detail) const {
  return Error(code, operation, std::move(detail)).on_device(path_);
}

}  // namespace log_store
