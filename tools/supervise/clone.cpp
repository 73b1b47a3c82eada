#include "tools/supervise/clone.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>

#include "src/gather/mount_call.h"
#include "tools/supervise/clone_plan.h"

namespace zonecopy::supervise {
namespace {

/// Length of one call: between two of them it is asked whether the caller is still there.
constexpr std::uint64_t piece_bytes = 16U << 20;

class Clone {
 public:
  Clone(FileDescriptor source, FileDescriptor destination, const zonecopy_file_info& info, CloneRange range)
      : source_(std::move(source)), destination_(std::move(destination)), info_(info), range_(range) {}

  /// Finds out what is to be done. An errno where a file cannot be looked at, else 0.
  [[nodiscard]] int learn(const Listener& listener, std::uint64_t id);
  /// Returns 0 or an errno. Nothing has changed before, and, where that can be undone, after an error.
  int carry_out(const Listener& listener, std::uint64_t id, bool require_offload);

 private:
  [[nodiscard]] bool offloads() const;
  [[nodiscard]] bool all_offloaded() const;
  void read_source(const Listener& listener, std::uint64_t id);
  [[nodiscard]] int refuse(int code) const;
  int copy_piece(bool require_offload);
  int gather_piece();
  [[nodiscard]] dev_t destination_device() const;
  void undo() const;

  FileDescriptor source_;
  FileDescriptor destination_;
  zonecopy_file_info info_;
  CloneRange range_;
  CloneFile source_facts_;
  ClonePlan plan_;
  bool source_is_empty_ = false;  ///< which is known, not guessed from its size
  int source_code_ = 0;           ///< the errno of a read
  bool loses_contents_ = false;
  std::uint64_t done_bytes_ = 0;
};

/// Fills in what fstat(2) and fcntl(2) tell.
bool look_at(int fd, CloneFile& file) {
  struct stat facts {};
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fstat(fd, &facts) != 0) return false;
  file.device_number = facts.st_dev;
  file.inode = facts.st_ino;
  file.is_directory = S_ISDIR(facts.st_mode);
  file.is_regular = S_ISREG(facts.st_mode);
  const int access = flags & O_ACCMODE;
  file.readable = (flags & O_PATH) == 0 && (access == O_RDONLY || access == O_RDWR);
  file.writable = (flags & O_PATH) == 0 && (access == O_WRONLY || access == O_RDWR);
  file.appends = (flags & O_APPEND) != 0;
  file.size_bytes = static_cast<std::uint64_t>(facts.st_size);
  return true;
}

/// Reads what fits into a page, which suits direct reads as well; -1 as pread(2).
ssize_t try_read(int fd, std::uint64_t offset_bytes) {
  alignas(4096) std::array<std::byte, 4096> page;
  return pread(fd, page.data(), page.size(), static_cast<off_t>(offset_bytes));
}

/// Whether a pipe has been closed with nothing in it. The caller waits for that as well, as soon as it reads.
bool pipe_is_empty(int fd, const Listener& listener, std::uint64_t id) {
  constexpr int look_after_caller_ms = 100;
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) return false;
  pollfd pipe{fd, POLLIN, 0};
  int ready = poll(&pipe, 1, 0);
  while (ready == 0 && (flags & O_NONBLOCK) == 0 && listener.waits(id)) ready = poll(&pipe, 1, look_after_caller_ms);
  return ready > 0 && (pipe.revents & (POLLIN | POLLHUP)) == POLLHUP;
}

/// Finds out whether there is nothing in the source, or it cannot be read. A size is no proof: files of /proc have 0 and
/// contents, some of /sys have a page and none, and a zone that cannot be read has 0. It is read once, as a zone that fails
/// may have size 0 from then on; and not at all where somebody would miss what was read.
void Clone::read_source(const Listener& listener, std::uint64_t id) {
  struct stat facts {};
  if (fstat(source_.get(), &facts) != 0) return;
  if (S_ISREG(facts.st_mode) || S_ISBLK(facts.st_mode)) {
    const ssize_t count = try_read(source_.get(), range_.source_offset_bytes);
    source_code_ = count < 0 ? errno : 0;
    source_is_empty_ = count == 0;
  } else if (S_ISCHR(facts.st_mode)) {
    source_is_empty_ = facts.st_rdev == makedev(1, 3);  // /dev/null
  } else if (S_ISFIFO(facts.st_mode)) {
    source_is_empty_ = pipe_is_empty(source_.get(), listener, id);
  }
}

int Clone::learn(const Listener& listener, std::uint64_t id) {
  CloneDestination destination;
  struct stat facts {};
  struct statvfs system {};
  if (!look_at(source_.get(), source_facts_) || !look_at(destination_.get(), destination)) return refuse(errno);
  if (fstat(destination_.get(), &facts) != 0 || fstatvfs(destination_.get(), &system) != 0) return refuse(errno);
  destination.sequential = info_.sequential != 0;
  destination.truncation_owed = (info_.flags & ZONECOPY_FILE_TRUNCATION_OWED) != 0;
  destination.read_only = (system.f_flag & ST_RDONLY) != 0;
  destination.capacity_bytes = info_.capacity_bytes;
  destination.block_size_bytes = static_cast<std::uint64_t>(facts.st_blksize);
  loses_contents_ = destination.truncation_owed;  // or has none; its size does not tell everybody
  const bool may_be_empty = loses_contents_ || (source_facts_.is_regular && source_facts_.size_bytes == 0);
  if (may_be_empty) read_source(listener, id);  // else it is not, as clones are there to spare that
  const bool same_file =
      source_facts_.device_number == destination.device_number && source_facts_.inode == destination.inode;
  if (same_file) source_is_empty_ = false;  // its contents are those that are kept
  plan_ = plan_clone(source_facts_, source_is_empty_, destination, range_);
  return 0;
}

int Clone::carry_out(const Listener& listener, std::uint64_t id, bool require_offload) {
  if (plan_.code != 0) return refuse(plan_.code);
  if (require_offload && plan_.range.length_bytes > 0 && !offloads()) return refuse(EIO);
  // A source that cannot be read would cost the destination its contents.
  if (loses_contents_ && source_code_ != 0) return refuse(source_code_);
  // Else the mount truncates with the first piece, once it has found that it can be copied.
  const bool nothing_to_copy = plan_.range.length_bytes == 0;
  if (plan_.truncates && nothing_to_copy && ftruncate(destination_.get(), 0) != 0) return refuse(errno);
  int code = 0;
  while (code == 0 && done_bytes_ < plan_.range.length_bytes) {
    code = listener.waits(id) ? copy_piece(require_offload) : EINTR;
    if (code == 0 && require_offload && !all_offloaded()) code = EIO;
  }
  if (code != 0 && done_bytes_ == 0) return refuse(code);
  if (code != 0) undo();
  return code;
}

bool Clone::offloads() const {
  return info_.copy_mode != ZONECOPY_COPY_EMULATE && info_.copy_mechanism[0] != '\0' &&
         (info_.flags & ZONECOPY_FILE_KERNEL_COPIES) == 0;
}

bool Clone::all_offloaded() const {
  const std::optional<zonecopy_file_info> now = gather::ask_file_info(destination_.get());
  return now && now->bytes_kernel == info_.bytes_kernel && now->bytes_emulated == info_.bytes_emulated;
}

/// The old contents stay, unless the caller writes to the file nevertheless. Not so where the source is empty: who copies
/// that by himself, as cp does then, writes nothing, and the file has to be empty afterwards.
int Clone::refuse(int code) const {
  if (!source_is_empty_) (void)ioctl(destination_.get(), ZONECOPY_IOC_KEEP_OLD);
  return code;
}

int Clone::copy_piece(bool require_offload) {
  if (require_offload && source_facts_.device_number == destination_device()) return gather_piece();
  auto source_offset = static_cast<off64_t>(plan_.range.source_offset_bytes + done_bytes_);
  auto destination_offset = static_cast<off64_t>(plan_.range.destination_offset_bytes + done_bytes_);
  const std::uint64_t length = std::min(plan_.range.length_bytes - done_bytes_, piece_bytes);
  const ssize_t count =
      copy_file_range(source_.get(), &source_offset, destination_.get(), &destination_offset, length, 0);
  if (count < 0) return errno == EINTR ? 0 : errno;
  if (count == 0) return EIO;  // the source has become shorter
  done_bytes_ += static_cast<std::uint64_t>(count);
  return 0;
}

dev_t Clone::destination_device() const {
  struct stat facts {};
  return fstat(destination_.get(), &facts) == 0 ? facts.st_dev : 0;
}

/// A piece that is offloaded or refused, before anything of the destination is changed. Nobody but the mount knows which,
/// as it may have several devices.
int Clone::gather_piece() {
  const auto request = std::make_unique<zonecopy_gather_request>();
  request->version = ZONECOPY_GATHER_VERSION;
  request->flags = ZONECOPY_GATHER_AT_OFFSET | ZONECOPY_GATHER_ONLY_OFFLOAD;
  request->count = 1;
  request->offset_bytes = plan_.range.destination_offset_bytes + done_bytes_;
  request->ranges[0] = {source_facts_.inode, plan_.range.source_offset_bytes + done_bytes_,
                        std::min(plan_.range.length_bytes - done_bytes_, piece_bytes), 0};
  const int code = gather::send_gather(destination_.get(), *request);
  if (code != 0) return code == EINTR ? 0 : code;
  done_bytes_ += request->bytes_copied;
  if (request->error == EINTR || request->bytes_copied != 0) return 0;
  return request->error != 0 ? request->error : EIO;  // the source has become shorter
}

void Clone::undo() const {
  if (!plan_.can_undo || done_bytes_ == 0) return;
  struct stat facts {};
  // Somebody else's data behind it is left alone.
  const bool ours = fstat(destination_.get(), &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) == done_bytes_;
  if (ours && ftruncate(destination_.get(), 0) != 0) return;  // the mount's log tells what is wrong with the zone
}

/// Before the kernel refuses a clone: the old contents stay then, too.
void keep_old(const Listener& listener, std::uint64_t id, const FileDescriptor& destination) {
  if (!destination || !gather::ask_file_info(destination.get()) || !listener.waits(id)) return;
  (void)ioctl(destination.get(), ZONECOPY_IOC_KEEP_OLD);
}

/// 0 or an errno; nothing where the kernel is to answer. What this process has open of the caller's files is closed when
/// it returns, that is before the caller goes on: afterwards nobody but the caller keeps a zone or a mount busy.
std::optional<int> clone_files(const Listener& listener, std::uint64_t id, const Caller& caller, const CloneCall& call,
                               CloneRange range, bool require_offload) {
  FileDescriptor destination = caller.descriptor(call.destination_fd);
  FileDescriptor source = caller.descriptor(call.source_fd);
  const std::optional<zonecopy_file_info> info = destination ? gather::ask_file_info(destination.get()) : std::nullopt;
  if (!info || !source) {
    keep_old(listener, id, destination);
    return std::nullopt;
  }
  if (!listener.waits(id)) return std::nullopt;
  Clone clone(std::move(source), std::move(destination), *info, range);
  const int unknown = clone.learn(listener, id);
  return unknown != 0 ? unknown : clone.carry_out(listener, id, require_offload);
}

void answer(const Listener& listener, std::uint64_t id, std::optional<int> code) {
  if (code) return listener.answer(id, *code);
  listener.let_through(id);
}

}  // namespace

void answer_clone(const Listener& listener, std::uint64_t id, const Caller& caller, const CloneCall& call,
                  bool require_offload) {
  answer(listener, id, clone_files(listener, id, caller, call, CloneRange(), require_offload));
}

void answer_clone(const Listener& listener, std::uint64_t id, const Caller& caller, const CloneRangeCall& call,
                  bool require_offload) {
  file_clone_range range{};
  if (!caller.read(call.range_address, std::as_writable_bytes(std::span(&range, 1)))) {
    keep_old(listener, id, caller.descriptor(call.destination_fd));
    return listener.let_through(id);
  }
  answer(listener, id,
         clone_files(listener, id, caller, CloneCall{call.destination_fd, static_cast<int>(range.src_fd)},
                     CloneRange{range.src_offset, range.src_length, range.dest_offset}, require_offload));
}

}  // namespace zonecopy::supervise
