#include "src/gather/mount_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>
#include <vector>

#include "src/gather/mount_call.h"
#include "src/gather/what_landed.h"

namespace zonecopy::gather {
namespace {

constexpr std::size_t read_back_bytes = 1U << 20;

MountKind kind_of(int fd, bool answers) {
  if (answers) return MountKind::zonecopyfs;
  struct statfs system {};
  if (fstatfs(fd, &system) == 0 && system.f_type == ZONEFS_MAGIC) return MountKind::kernel_zonefs;
  return MountKind::other;
}

bool is_direct(int fd) { return (fcntl(fd, F_GETFL) & O_DIRECT) != 0; }

std::string link_of(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

}  // namespace

MountFile::MountFile(FileDescriptor file, std::string name, const struct stat& facts)
    : file_(std::move(file)),
      name_(std::move(name)),
      device_number_(facts.st_dev),
      inode_(facts.st_ino),
      block_size_bytes_(static_cast<std::uint64_t>(facts.st_blksize)),
      flags_(fcntl(file_.get(), F_GETFL)),
      info_(ask_file_info(file_.get())) {
  kind_ = kind_of(fd(), info_.has_value());
  sequential_ = info_ ? info_->sequential != 0 : kind_ == MountKind::kernel_zonefs && in_sequential_folder();
}

Result<std::shared_ptr<MountFile>> MountFile::take(FileDescriptor file, std::string name) {
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) return Error(errno, "open", "").on_device(name);
  if (!S_ISREG(facts.st_mode)) {
    return Error(EINVAL, "open", "this is no regular file: name a zone file of a mount").on_device(name);
  }
  return std::shared_ptr<MountFile>(new MountFile(std::move(file), std::move(name), facts));
}

bool MountFile::same_as(const GatherFile& other) const {
  const auto* file = dynamic_cast<const MountFile*>(&other);
  return file != nullptr && file->device_number_ == device_number_ && file->inode_ == inode_;
}

Home MountFile::home() const {
  return {kind_ == MountKind::zonecopyfs ? Home::Kind::zonecopyfs : Home::Kind::mount, device_number_};
}

std::optional<zonecopy_limits> MountFile::limits() const {
  return kind_ == MountKind::zonecopyfs ? ask_limits(fd()) : std::nullopt;
}

Result<std::uint64_t> MountFile::size() {
  struct statx facts {};
  if (statx(fd(), "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &facts) != 0) return make_error(errno, "");
  return std::uint64_t{facts.stx_size};
}

Status MountFile::check_end(std::uint64_t offset_bytes) {
  const Result<std::uint64_t> size_bytes = size();
  if (!size_bytes) return size_bytes.error();
  if (!sequential_ || *size_bytes == offset_bytes) return {};
  return make_error(EINVAL, fmt::format("it ends at {} and no more at {}: another writes to it, or has reset it",
                                        *size_bytes, offset_bytes));
}

/// zonefs tells only by the folder which kind of zone a file is.
bool MountFile::in_sequential_folder() const {
  std::error_code failure;
  return std::filesystem::read_symlink(link_of(fd()), failure).parent_path().filename() == "seq";
}

Result<FileFacts> MountFile::all_facts() {
  const Result<std::uint64_t> size_bytes = size();
  if (!size_bytes) return size_bytes.error();
  FileFacts facts;
  facts.size_bytes = *size_bytes;
  facts.block_size_bytes = block_size_bytes_;
  facts.sequential = sequential_;
  facts.appends = (flags_ & O_APPEND) != 0;
  facts.capacity_bytes = std::numeric_limits<std::uint64_t>::max();
  if (kind_ == MountKind::zonecopyfs) {
    const zonecopy_file_info info = ask_file_info(fd()).value_or(*info_);  // a remount may have changed it
    facts.capacity_bytes = info.capacity_bytes;
    facts.only_offload = info.copy_mode == ZONECOPY_COPY_OFFLOAD;
    facts.whole_blocks = (info.flags & ZONECOPY_FILE_WHOLE_BLOCKS) != 0;
  } else if (kind_ == MountKind::kernel_zonefs) {
    // The kernel tells the capacity of the zone by the blocks.
    struct stat now {};
    if (fstat(fd(), &now) != 0) return make_error(errno, "");
    facts.capacity_bytes = static_cast<std::uint64_t>(now.st_blocks) * 512;
    facts.whole_blocks = sequential_;
  }
  return facts;
}

Status MountFile::check_source() {
  if ((flags_ & O_ACCMODE) != O_WRONLY) return {};
  return make_error(EBADF, "it was opened for writing only: open a source for reading");
}

Status MountFile::check_destination() {
  if ((flags_ & O_ACCMODE) != O_RDONLY) return {};
  return make_error(EBADF, "it was opened for reading: open a destination for writing");
}

int MountFile::descriptor(bool direct) {
  const bool as_given = ((flags_ & O_DIRECT) != 0) == direct;
  if (as_given) return fd();
  if (!other_tried_) {
    other_tried_ = true;
    const int flags = (flags_ & O_ACCMODE) | (direct ? O_DIRECT : 0) | O_CLOEXEC | O_NONBLOCK;
    other_ = FileDescriptor(open(link_of(fd()).c_str(), flags));
  }
  return other_ ? other_.get() : fd();
}

Result<std::size_t> MountFile::read(std::uint64_t offset_bytes, std::span<std::byte> data) {
  const int fd = descriptor(false);
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t count = pread(fd, data.data() + done, data.size() - done, static_cast<off_t>(offset_bytes + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error(errno, "read", fmt::format("at offset {}", offset_bytes + done)).on_device(name_);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

Written MountFile::write_once(std::uint64_t offset_bytes, std::span<const std::byte> data) {
  // Sequential files are written directly, which zonefs and the option `strict` demand, as far as there are whole
  // blocks. A file that ends within a block gets its next bytes in the other way, up to the end of the block.
  const std::size_t blocks_bytes = data.size() - data.size() % block_size_bytes_;
  const std::uint64_t into_block = offset_bytes % block_size_bytes_;
  const bool direct = sequential_ && into_block == 0 && blocks_bytes > 0;
  if (direct) {
    data = data.first(blocks_bytes);
  } else if (sequential_) {
    data = data.first(std::min<std::uint64_t>(data.size(), block_size_bytes_ - into_block));
  }
  const int to = descriptor(direct);
  if (sequential_ && !(direct && is_direct(to))) {
    // A buffered write goes also behind a gap, which the mount would fill with zeros.
    const Status at_end = check_end(offset_bytes);
    if (!at_end) return {0, at_end.error()};
  }
  ssize_t count = 0;
  do {
    count = pwrite(to, data.data(), data.size(), static_cast<off_t>(offset_bytes));
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return {static_cast<std::uint64_t>(count), std::nullopt};
  return {0, Error(errno, "write", fmt::format("at offset {}", offset_bytes)).on_device(name_)};
}

std::size_t MountFile::read_back(std::uint64_t offset_bytes, std::span<std::byte> data) {
  if (!back_) back_ = FileDescriptor(open(link_of(fd()).c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC | O_NONBLOCK));
  if (!back_) return 0;
  if (!back_buffer_) back_buffer_ = Buffer(std::max<std::size_t>(read_back_bytes, block_size_bytes_));
  std::size_t done = 0;
  while (done < data.size()) {
    const std::uint64_t into_block = (offset_bytes + done) % block_size_bytes_;
    const auto from = static_cast<off_t>(offset_bytes + done - into_block);
    const ssize_t count = pread(back_.get(), back_buffer_.data(), back_buffer_.size(), from);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || static_cast<std::uint64_t>(count) <= into_block) break;
    const std::size_t got = std::min<std::size_t>(static_cast<std::size_t>(count) - into_block, data.size() - done);
    std::memcpy(data.data() + done, back_buffer_.data() + into_block, got);
    done += got;
  }
  return done;
}

std::uint64_t MountFile::written_all_the_same(int code, std::uint64_t offset_bytes, std::span<const std::byte> data) {
  if (!sequential_ || !may_have_written(code)) return 0;
  const Result<std::uint64_t> size_bytes = size();
  if (!size_bytes || *size_bytes <= offset_bytes) return 0;
  std::vector<std::byte> there(std::min<std::uint64_t>(*size_bytes - offset_bytes, data.size()));
  return common_bytes(std::span(there).first(read_back(offset_bytes, there)), data);
}

Written MountFile::write(std::uint64_t offset_bytes, std::span<const std::byte> data) {
  Written written;
  while (written.bytes < data.size() && !written.error) {
    const Written once = write_once(offset_bytes + written.bytes, data.subspan(written.bytes));
    written.bytes += once.bytes;
    written.error = once.error;
    if (once.bytes == 0 && !once.error) {
      written.error = Error(EIO, "write", "nothing was written, and no error given").on_device(name_);
    }
  }
  if (written.error) {
    written.bytes +=
        written_all_the_same(written.error->code(), offset_bytes + written.bytes, data.subspan(written.bytes));
  }
  return written;
}

Status MountFile::sync() {
  if (fdatasync(fd()) == 0) return {};
  Error failed(errno, "sync");
  const Result<std::uint64_t> size_bytes = size();
  const bool within_block = sequential_ && size_bytes && *size_bytes % block_size_bytes_ != 0;
  if (failed.code() == EIO && within_block) {
    failed =
        Error(EIO, "sync",
              "the file ends within a block, and what is in it goes when the file is closed: write the rest of the "
              "block first, or mount with tail=pad");
  }
  return failed.on_device(name_);
}

}  // namespace zonecopy::gather
