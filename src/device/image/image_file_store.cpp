#include "src/device/image/image_file_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace zonecopy::image {
namespace {

// A write of the table may need new blocks, which a file system may round up to its copy-on-write extents (XFS: 128
// KiB).
constexpr off_t reserve_bytes = 256 << 10;

std::string name_of(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/// Opens the same file again, with other flags, whatever its name is by now.
FileDescriptor reopen(int fd, int flags) {
  return FileDescriptor(open(name_of(fd).c_str(), flags | O_CLOEXEC | O_NONBLOCK));
}

/// Whether the file system supports direct I/O in units of `block_size_bytes`.
bool does_direct(int fd, std::uint32_t block_size_bytes) {
  struct statx facts {};
  const bool known =
      statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &facts) == 0 && (facts.stx_mask & STATX_DIOALIGN) != 0;
  const std::uint32_t needed_bytes = known ? facts.stx_dio_offset_align : 4096;
  return needed_bytes != 0 && needed_bytes <= block_size_bytes;
}

int lock_of_open_file(int fd, int type) {
  struct flock lock {};
  lock.l_type = static_cast<short>(type);
  lock.l_whence = SEEK_SET;
  return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

}  // namespace

int lock_image_file(int fd, bool exclusive) {
  if (flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) return errno;
  // Both kinds of locks are taken, as some network file systems support only one of them.
  const int code = lock_of_open_file(fd, exclusive ? F_WRLCK : F_RDLCK);
  if (code == 0 || code == EINVAL || code == ENOLCK || code == EOPNOTSUPP) return 0;
  flock(fd, LOCK_UN);
  return code == EAGAIN ? EWOULDBLOCK : code;
}

void unlock_image_file(int fd) {
  lock_of_open_file(fd, F_UNLCK);
  flock(fd, LOCK_UN);
}

// ---- Reserve

void Reserve::hold_beside(int image_fd) {
  std::error_code failure;
  const std::filesystem::path path = std::filesystem::read_symlink(name_of(image_fd), failure);
  if (failure) return;
  open_how how{};
  how.flags = O_TMPFILE | O_RDWR | O_CLOEXEC;
  how.mode = 0600;
  how.resolve = RESOLVE_NO_SYMLINKS;  // the kernel tells a path without links: one that is there now leads elsewhere
  FileDescriptor file(static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path.parent_path().c_str(), &how, sizeof how)));
  struct stat image {};
  struct stat here {};
  if (!file || fstat(image_fd, &image) != 0 || fstat(file.get(), &here) != 0) return;
  if (image.st_dev != here.st_dev) return;  // something else is there by now
  file_ = std::move(file);
  refill();
}

bool Reserve::use() {
  if (!held_) return false;
  held_ = false;
  return ftruncate(file_.get(), 0) == 0;
}

void Reserve::refill() {
  if (file_ && !held_) held_ = fallocate(file_.get(), 0, 0, reserve_bytes) == 0;
}

// ---- FileStore

FileStore::~FileStore() {
  // To close the descriptors is not enough: a ring keeps the open file of a request until its thread next enters the
  // kernel for completions, and this thread may not do so before the image is opened again.
  for (const FileDescriptor* file : {&locked_, &buffered_}) {
    if (*file) unlock_image_file(file->get());
  }
}

void FileStore::prepare(const Header& header, bool writable) {
  block_size_bytes_ = header.block_size_bytes;
  writable_ = writable;
  open_data();
  const FileDescriptor for_writing = writable_ ? FileDescriptor() : reopen(buffered_.get(), O_RDWR);
  mechanism_ = probe_file_copy(for_writing ? for_writing.get() : buffered_.get());
  if (writable_) reserve_.hold_beside(buffered_.get());
}

void FileStore::open_data() {
  // Copies by the kernel, zeros and holes go through the page cache. If a page were written partly through the cache
  // and partly by direct I/O, one of the two would be lost. So direct I/O is used only if blocks are whole pages.
  if (block_size_bytes_ % page_bytes() != 0 || !does_direct(buffered_.get(), block_size_bytes_)) return;
  direct_ = reopen(buffered_.get(), (writable_ ? O_RDWR : O_RDONLY) | O_DIRECT);
}

StoreOperation FileStore::read(std::span<std::byte> data, std::uint64_t offset_bytes) {
  return StoreOperation(loop_->read(data_fd(), data, offset_bytes));
}

StoreOperation FileStore::read_after(std::span<std::byte> before, std::uint64_t before_offset_bytes,
                                     std::span<std::byte> data, std::uint64_t offset_bytes) {
  RingOperation first = loop_->read(buffered_.get(), before, before_offset_bytes);
  return StoreOperation(LinkedOperation(std::move(first), loop_->read(data_fd(), data, offset_bytes)));
}

StoreOperation FileStore::write(std::span<const std::byte> data, std::uint64_t offset_bytes) {
  return StoreOperation(loop_->write(data_fd(), data, offset_bytes));
}

StoreOperation FileStore::write_table(std::span<const std::byte> data, std::uint64_t offset_bytes) {
  return StoreOperation(loop_->write(buffered_.get(), data, offset_bytes));
}

Task<int> FileStore::sync() {
  const std::int32_t result = co_await loop_->fdatasync(buffered_.get());
  co_return result < 0 ? -result : 0;
}

Task<int> FileStore::punch(std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  const std::int32_t result = co_await loop_->fallocate(buffered_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                                        offset_bytes, length_bytes);
  co_return result < 0 ? -result : 0;
}

int FileStore::read_now(std::span<std::byte> data, std::uint64_t offset_bytes) {
  while (!data.empty()) {
    const ssize_t count = pread(buffered_.get(), data.data(), data.size(), static_cast<off_t>(offset_bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? errno : EIO;  // EIO: the file is shorter than it was
    data = data.subspan(static_cast<std::size_t>(count));
    offset_bytes += static_cast<std::uint64_t>(count);
  }
  return 0;
}

int FileStore::write_table_now(std::span<const std::byte> data, std::uint64_t offset_bytes) {
  ssize_t count = 0;
  do {
    count = pwrite(buffered_.get(), data.data(), data.size(), static_cast<off_t>(offset_bytes));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return errno;
  return static_cast<std::size_t>(count) == data.size() ? 0 : EIO;
}

int FileStore::punch_now(std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  if (length_bytes == 0) return 0;
  const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  const bool done =
      fallocate(buffered_.get(), mode, static_cast<off_t>(offset_bytes), static_cast<off_t>(length_bytes)) == 0;
  return done ? 0 : errno;
}

int FileStore::sync_now() { return fdatasync(buffered_.get()) == 0 ? 0 : errno; }

Result<std::uint64_t> FileStore::find(Seek what, std::uint64_t offset_bytes) {
  const off_t found =
      lseek(buffered_.get(), static_cast<off_t>(offset_bytes), what == Seek::data ? SEEK_DATA : SEEK_HOLE);
  if (found >= 0) return static_cast<std::uint64_t>(found);
  struct stat facts {};
  if (errno != ENXIO || fstat(buffered_.get(), &facts) != 0) return Error(errno, "look for holes");
  return static_cast<std::uint64_t>(facts.st_size);
}

FileCopyMechanism FileStore::copy_mechanism() const { return mechanism_; }

bool FileStore::can_copy_from(const ImageStore& source) const {
  const auto* const other = dynamic_cast<const FileStore*>(&source);
  return mechanism_ != FileCopyMechanism::none && other != nullptr &&
         on_one_file_system(other->buffered_.get(), buffered_.get());
}

Task<ImageStore::Copied> FileStore::copy_from(ImageStore& source, std::span<const SourceRange> ranges,
                                              std::uint64_t destination_bytes, FileCopyAllowed allowed,
                                              const CancelToken* cancel) {
  const auto& from = dynamic_cast<const FileStore&>(source);
  const std::uint64_t start_bytes = destination_bytes;
  std::vector<FileRange> file_ranges;
  file_ranges.reserve(ranges.size());
  for (const auto& [offset_bytes, length_bytes] : ranges) {
    file_ranges.push_back(
        FileRange{from.buffered_.get(), offset_bytes, buffered_.get(), destination_bytes, length_bytes});
    destination_bytes += length_bytes;
  }
  Copied copied;
  Copied* result = &copied;  // this frame outlives the call
  const FileCopyMechanism mechanism = mechanism_;
  const std::span<const FileRange> all = file_ranges;
  // One call for all of them: a thread to wait for costs more than sharing the extents of a short range.
  BlockingCall call = loop_->blocking([this, all, mechanism, allowed, cancel, start_bytes, result] {
    result->outcome = copy_ranges_between_files(all, mechanism, allowed, cancel);
    if (result->outcome.bytes_copied != 0) result->hole_bytes = find(Seek::hole, start_bytes);
    return 0;
  });
  co_await call;
  co_return copied;
}

DeviceIdentity FileStore::identity() const {
  std::error_code failure;
  const std::string name = name_of(buffered_.get());
  const std::filesystem::path path = std::filesystem::read_symlink(name, failure);
  return {failure ? std::string() : path.string(), device_id(name)};
}

Status FileStore::make_writable() {
  if (writable_) return {};
  const auto make_error = [](int code, const char* why) { return Error(code, "open for writing", why); };
  FileDescriptor file = reopen(buffered_.get(), O_RDWR);
  if (!file) return make_error(errno, "the image cannot be written");
  // The shared locks must be replaced by exclusive ones. flock(2) converts its lock; the other kind is released first.
  if (flock(buffered_.get(), LOCK_EX | LOCK_NB) != 0) {
    lock_image_file(buffered_.get(), false);  // flock(2) releases the old lock even if it fails
    return make_error(EBUSY, "another process reads the image");
  }
  lock_of_open_file(buffered_.get(), F_UNLCK);
  const int code = lock_of_open_file(file.get(), F_WRLCK);
  if (code == EAGAIN || code == EACCES) {
    lock_image_file(buffered_.get(), false);
    return make_error(EBUSY, "another process reads the image");
  }
  // The old descriptors stay open, since reads under way use them.
  locked_ = std::move(buffered_);
  direct_for_reading_ = std::move(direct_);
  buffered_ = std::move(file);
  writable_ = true;
  open_data();
  mechanism_ = probe_file_copy(buffered_.get());
  reserve_.hold_beside(buffered_.get());
  return {};
}

}  // namespace zonecopy::image
