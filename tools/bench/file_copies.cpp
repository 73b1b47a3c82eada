#include "tools/bench/file_copies.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "src/gather/mount_call.h"

namespace zonecopy::benching {
namespace {

constexpr std::uint64_t transfer_max_bytes = 8U << 20;  // there may be a thousand jobs

Error make_error(int code, const char* operation, const std::string& path, std::string detail = {}) {
  return Error(code, operation, std::move(detail)).on_device(path);
}

/// A system call that a signal has ended before it did anything is made again: whether to stop is looked at elsewhere.
template <typename Call>
ssize_t again(const Call& call) {
  ssize_t result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace

Result<FileDescriptor> open_zone_file(const std::string& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK));
  if (!file) return make_error(errno, "open", path);
  return file;
}

Status read_all(int file, const std::string& path, std::uint64_t offset_bytes, std::span<std::byte> data) {
  for (std::size_t done = 0; done < data.size();) {
    const std::uint64_t place = offset_bytes + done;
    const ssize_t count =
        again([&] { return pread(file, data.data() + done, data.size() - done, static_cast<off_t>(place)); });
    if (count < 0) return make_error(errno, "read", path, fmt::format("at offset {}", place));
    if (count == 0) return make_error(EIO, "read", path, fmt::format("it ends at {}: another has changed it", place));
    done += static_cast<std::size_t>(count);
  }
  return {};
}

Status write_all(int file, const std::string& path, std::uint64_t offset_bytes, std::span<const std::byte> data) {
  for (std::size_t done = 0; done < data.size();) {
    const std::uint64_t place = offset_bytes + done;
    const ssize_t count =
        again([&] { return pwrite(file, data.data() + done, data.size() - done, static_cast<off_t>(place)); });
    if (count < 0) return make_error(errno, "write", path, fmt::format("at offset {}", place));
    if (count == 0) return make_error(EFBIG, "write", path, fmt::format("at offset {}", place));
    done += static_cast<std::size_t>(count);
  }
  return {};
}

FileCopies::FileCopies(std::vector<std::string> destinations, const Shape& shape, Mode mode, std::uint64_t finish_bytes)
    : shape_(shape), mode_(mode), finish_bytes_(finish_bytes), destinations_(std::move(destinations)) {
  if (mode == Mode::read_write) buffer_ = Buffer(std::min(shape.block_bytes, transfer_max_bytes));
  else request_ = std::make_unique<zonecopy_gather_request>();
}

Result<std::unique_ptr<FileCopies>> FileCopies::open(const std::vector<std::string>& sources,
                                                     const std::vector<std::string>& destinations, const Shape& shape,
                                                     Mode mode, std::uint64_t finish_bytes) {
  std::unique_ptr<FileCopies> copies(new FileCopies(destinations, shape, mode, finish_bytes));
  for (const std::string& path : sources) {
    Result<FileDescriptor> file = open_zone_file(path, O_RDONLY | O_DIRECT);
    if (!file) return file.error();
    struct stat facts {};
    if (fstat(file->get(), &facts) != 0) return make_error(errno, "stat", path);
    copies->sources_.push_back({path, std::move(*file), facts.st_ino});
  }
  return copies;
}

Status FileCopies::open_destination(std::size_t number) {
  if (to_ && number == destination_) return {};
  if (to_ && finish_bytes_ != 0 && ftruncate(to_.get(), static_cast<off_t>(finish_bytes_)) != 0) {
    return make_error(errno, "zone finish", destinations_[destination_]);
  }
  leave_destination();
  Result<FileDescriptor> file = open_zone_file(destinations_[number], O_WRONLY | O_DIRECT);
  if (!file) return file.error();
  to_ = std::move(*file);
  destination_ = number;
  return {};
}

/// Copies by copy_file_range(2) are counted by the mount, for each open(2).
void FileCopies::leave_destination() {
  if (!to_) return;
  const bool counted = shape_.ranges != 1 || mode_ != Mode::automatic;
  const std::optional<zonecopy_file_info> info = counted ? std::nullopt : gather::ask_file_info(to_.get());
  to_ = FileDescriptor();
  if (!info) return;
  copied_.bytes_offloaded += info->bytes_offloaded;
  copied_.bytes_kernel += info->bytes_kernel;
  copied_.bytes_emulated += info->bytes_emulated;
  if (copied_.not_offloaded_because.empty()) copied_.not_offloaded_because = info->not_offloaded_because;
}

Status FileCopies::copy(const Step& step) {
  const Status opened = open_destination(step.destination.zone);
  if (!opened) return opened;
  if (mode_ == Mode::read_write) return read_and_write(step);
  // A gather call says by itself how it was done, and can be told to do it in one way only.
  return shape_.ranges == 1 && mode_ == Mode::automatic ? copy_range(step) : gather(step);
}

/// A read, then a write of what was read, as the fio fork has it with emulate=1.
Status FileCopies::read_and_write(const Step& step) {
  std::uint64_t to_bytes = step.destination.offset_bytes;
  for (const JobPlace& place : step.sources) {
    const Source& from = sources_[place.zone];
    for (std::uint64_t done = 0; done < shape_.block_bytes;) {
      const auto data = buffer_.first(std::min<std::uint64_t>(buffer_.size(), shape_.block_bytes - done));
      const Status read = read_all(from.file.get(), from.path, place.offset_bytes + done, data);
      if (!read) return read;
      const Status written = write_all(to_.get(), destinations_[destination_], to_bytes, data);
      if (!written) return written;
      done += data.size();
      to_bytes += data.size();
      copied_.bytes_emulated += data.size();
    }
  }
  return {};
}

Status FileCopies::copy_range(const Step& step) {
  const Source& from = sources_[step.sources.front().zone];
  auto from_bytes = static_cast<off64_t>(step.sources.front().offset_bytes);
  auto to_bytes = static_cast<off64_t>(step.destination.offset_bytes);
  for (std::uint64_t left = shape_.block_bytes; left > 0;) {
    const ssize_t count =
        again([&] { return copy_file_range(from.file.get(), &from_bytes, to_.get(), &to_bytes, left, 0); });
    if (count < 0)
      return make_error(errno, "copy_file_range", destinations_[destination_], fmt::format("at offset {}", to_bytes));
    if (count == 0) return make_error(EIO, "copy_file_range", from.path, "it ends early: another has changed it");
    left -= static_cast<std::uint64_t>(count);
  }
  return {};
}

Status FileCopies::gather(const Step& step) {
  zonecopy_gather_request& request = *request_;
  request.version = ZONECOPY_GATHER_VERSION;
  request.flags = ZONECOPY_GATHER_AT_OFFSET;
  if (mode_ == Mode::offload) request.flags |= ZONECOPY_GATHER_ONLY_OFFLOAD;
  request.count = shape_.ranges;
  request.offset_bytes = step.destination.offset_bytes;
  for (std::uint32_t i = 0; i < shape_.ranges; ++i) {
    request.ranges[i] = {sources_[step.sources[i].zone].inode, step.sources[i].offset_bytes, shape_.block_bytes, 0};
  }
  const int code = gather::send_gather(to_.get(), request);
  if (code == EINTR) return make_error(EINTR, "gather", destinations_[destination_], "interrupted");
  if (code != 0) return make_error(code, "gather", destinations_[destination_]);
  copied_.bytes_offloaded += request.bytes_offloaded;
  copied_.bytes_kernel += request.bytes_kernel;
  copied_.bytes_emulated += request.bytes_emulated;
  copied_.commands += request.commands;
  if (copied_.not_offloaded_because.empty()) copied_.not_offloaded_because = request.not_offloaded_because;
  if (request.error == 0 && request.bytes_copied == shape_.bytes()) return {};
  return make_error(request.error != 0 ? request.error : EIO, "gather", destinations_[destination_],
                    request.not_offloaded_because);
}

Copied FileCopies::take() {
  leave_destination();
  return std::exchange(copied_, {});
}

}  // namespace zonecopy::benching
