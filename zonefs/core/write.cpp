#include "zonefs/core/write.h"

#include "zonefs/core/device_errno.h"

namespace zonecopy::zonefs {
namespace {

/// Notes while a write is under way whether the kernel may send a compensating truncate after it (see OpenFile).
class WriteUnderWay {
 public:
  WriteUnderWay(OpenFile* open_file, std::uint64_t size_bytes, bool strict, std::int32_t pid)
      : open_file_(open_file), strict_(strict), pid_(pid) {
    if (open_file == nullptr || open_file->writes_in_flight++ != 0) return;
    open_file->size_at_call_start_bytes = size_bytes;
    open_file->expect_compensating_truncate_of_pid.reset();
  }
  WriteUnderWay(const WriteUnderWay&) = delete;
  WriteUnderWay& operator=(const WriteUnderWay&) = delete;
  ~WriteUnderWay() {
    if (open_file_ == nullptr) return;
    --open_file_->writes_in_flight;
    // Under strict the kernel sends it only where nothing was written, and then it changes nothing.
    if (complete_ || strict_) return;
    open_file_->expect_compensating_truncate_of_pid = pid_;
  }
  void complete() { complete_ = true; }

 private:
  OpenFile* open_file_;
  bool strict_;
  std::int32_t pid_;
  bool complete_ = false;
};

}  // namespace

Status Writer::may_write(FileNumber number, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                         IoFlags flags) const {
  const ZoneFile& file = volume_.files[number];
  if (file.immutable()) return volume_.make_error(EPERM, "write", number);
  // Write-back of a mapping goes to the device even on a mount that an error made read-only, as with zonefs. Else the
  // data would be lost.
  if (volume_.read_only() && !flags.write_back) return volume_.make_error(EROFS, "write", number);
  // For an append the offset is the size that the kernel remembers, which may be wrong, so it is not checked.
  if (!flags.append && offset_bytes >= file.capacity_bytes) return volume_.make_error(EFBIG, "write", number);
  const bool buffered = !flags.direct && !flags.write_back;
  if (file.sequential && volume_.options.strict && buffered) return volume_.make_error(EIO, "write", number);
  if (length_bytes != 0 && flags.append && !file.sequential) return volume_.make_error(EINVAL, "write", number);
  return {};
}

KeyedLocks::Mode Writer::mode_of(FileNumber number, std::uint64_t offset_bytes, std::uint64_t length_bytes) const {
  // Writes to a sequential file go one after the other, in the order in which they came. So do writes to a conventional
  // file that cover a part of a block, which is read before it is written, or may have to fill a gap first.
  const ZoneFiles& files = volume_.files;
  const bool beside = !files[number].sequential && files.whole_blocks(offset_bytes) &&
                      files.whole_blocks(length_bytes) && !volume_.emptied.written_bytes(number);
  return beside ? KeyedLocks::Mode::write_beside : KeyedLocks::Mode::write;
}

Task<Result<std::uint64_t>> Writer::write(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                          std::span<const std::byte> data, IoFlags flags) {
  const GatePass pass(volume_.requests);
  const ZoneFile& file = volume_.files[number];
  WriteUnderWay under_way(open_file, volume_.files.size_bytes(number), volume_.options.strict, flags.pid);
  const KeyedLocks::Mode mode = mode_of(number, offset_bytes, data.size());
  KeyedLocks::Guard guard = co_await volume_.locks.lock(number, mode, flags.cancel);
  if (guard && guard.mode() == KeyedLocks::Mode::write_beside && volume_.emptied.written_bytes(number)) {
    guard.release();  // it was emptied while this waited
    guard = co_await volume_.locks.write(number, flags.cancel);
  }
  if (!guard) {
    // The earlier pieces of this call have been acknowledged, and this one does not come.
    if (open_file != nullptr) open_file->tail.call_ended_early(flags.pid);
    co_return volume_.make_error(EINTR, "write", number);
  }
  const ForegroundFirst::Operation foreground(volume_.background);
  const Status allowed = may_write(number, offset_bytes, data.size(), flags);
  if (!allowed) co_return allowed.error();
  if (data.empty()) co_return std::uint64_t{0};
  WriteOutcome outcome = co_await write_by_kind(open_file, number, offset_bytes, data, flags);
  if (outcome.error) {
    // Recovery is for what zonefs recovers from. It does not for direct writes to a conventional file or for
    // write-back: there it only reports the error to the caller, or to fsync.
    const bool recovers = outcome.on_device && (file.sequential || (!flags.direct && !flags.write_back));
    if (outcome.on_device) volume_.log_error(*outcome.error);
    if (recovers) co_await recovery_.after_write_error(number, *outcome.error, guard);
    if (!part_landed(outcome, number)) {
      if (outcome.continued) pieces_.hold_again(*open_file, std::move(*outcome.continued));
      co_return outcome.on_device ? Error(device_errno(*outcome.error), "write") : *outcome.error;
    }
    outcome.bytes = file.size_bytes - outcome.begin_bytes();
  }
  if (flags.sync) {
    const Status flushed = co_await flush(number, guard);
    if (!flushed) co_return flushed.error();
  }
  if (outcome.bytes == data.size()) under_way.complete();
  volume_.touch(number);
  if (flags.write_back) volume_.tell_times(number);
  co_return outcome.bytes;
}

/// After a temporary error: whether a part of the data was written. The call then returns the length of that part, and
/// the next write gets the error.
bool Writer::part_landed(const WriteOutcome& outcome, FileNumber number) const {
  const ZoneFile& file = volume_.files[number];
  return outcome.on_device && file.sequential && is_temporary(*outcome.error) && !volume_.options.strict &&
         file.size_bytes > outcome.begin_bytes();
}

Task<WriteOutcome> Writer::write_by_kind(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                         std::span<const std::byte> data, IoFlags flags) {
  WriteOutcome outcome;
  if (!volume_.files[number].sequential || open_file == nullptr) {
    outcome = co_await conventional_.write(open_file, number, offset_bytes, data, flags);
  } else if (flags.direct) {
    outcome = co_await pieces_.write(*open_file, offset_bytes, data, flags);
  } else {
    outcome = co_await stream_.write(number, offset_bytes, data, flags);
  }
  co_return outcome;
}

Task<Status> Writer::flush(FileNumber number, KeyedLocks::Guard& guard) {
  const Status flushed = co_await volume_.device->flush();
  if (flushed) co_return flushed;
  volume_.log_error(flushed.error());
  // Acknowledged data may be lost, so that the error is not temporary, whatever its reason.
  const Error cause(EIO, "flush", flushed.error().to_string());
  co_await recovery_.after_write_error(number, cause, guard);
  co_return Error(device_errno(flushed.error()), "flush");
}

/// Brings to the zone what is held in memory. The lock is held for writing where there is any.
Task<Status> Writer::settle_end(FileNumber number, KeyedLocks::Guard& guard) {
  if (volume_.read_only())
    co_return volume_.make_error(EIO, "fsync", number, "the end of the file cannot be written any more");
  const WriteOutcome settled = co_await stream_.settle(number);
  if (!settled.error) co_return Status();
  if (settled.on_device) {
    volume_.log_error(*settled.error);
    co_await recovery_.after_write_error(number, *settled.error, guard);
    co_return Error(device_errno(*settled.error), "fsync");
  }
  co_return *settled.error;
}

Task<Status> Writer::sync(FileNumber number, OpenFile* open_file, std::int32_t pid, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  // Writes may run beside the flush, as it makes no promise about data that is not acknowledged yet.
  const bool has_end = volume_.files.ends.find(number) != nullptr;
  const KeyedLocks::Mode mode = has_end ? KeyedLocks::Mode::write : KeyedLocks::Mode::read;
  KeyedLocks::Guard guard = co_await volume_.locks.lock(number, mode, cancel);
  if (!guard) co_return volume_.make_error(EINTR, "fsync", number);
  const ForegroundFirst::Operation foreground(volume_.background);
  if (volume_.files[number].immutable()) co_return volume_.make_error(EPERM, "fsync", number);
  if (open_file != nullptr && open_file->tail.take_loss(pid)) {
    const Error lost =
        volume_.make_error(EIO, "fsync", number, "a direct write has ended inside a block, whose part is not written");
    volume_.log_error(lost);
    co_return lost;
  }
  Status settled;
  if (has_end) settled = co_await settle_end(number, guard);
  const Status flushed = co_await flush(number, guard);
  co_return flushed ? settled : flushed;
}

Status Writer::at_close(const OpenFile& open_file) const {
  const FileNumber number = open_file.file;
  const ZoneFiles& files = volume_.files;
  if (!open_file.writable || files.ends.find(number) == nullptr) return {};
  if (volume_.read_only() || files[number].immutable()) {
    return volume_.make_error(EIO, "close", number, "the end of the file cannot be written any more");
  }
  const bool refused = volume_.options.tail == TailPolicy::refuse && !files.whole_blocks(files.size_bytes(number));
  return refused ? Status(volume_.make_error(EIO, "close", number, "the end of the file fills no block")) : Status();
}

}  // namespace zonecopy::zonefs
