#include "zonefs/core/write.h"

#include <algorithm>
#include <cstring>

#include "zonefs/core/device_errno.h"
#include "zonefs/core/request_size.h"

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
    if (complete_ || strict_ || open_file_->size_at_call_start_bytes != 0) return;
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
  // file that cover a part of a block, which is read before it is written.
  const ZoneFiles& files = volume_.files;
  const bool beside = !files[number].sequential && files.whole_blocks(offset_bytes) && files.whole_blocks(length_bytes);
  return beside ? KeyedLocks::Mode::write_beside : KeyedLocks::Mode::write;
}

Task<Result<std::uint64_t>> Writer::write(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                          std::span<const std::byte> data, IoFlags flags) {
  const GatePass pass(volume_.requests);
  const ZoneFile& file = volume_.files[number];
  WriteUnderWay under_way(open_file, file.size_bytes, volume_.options.strict, flags.pid);
  const KeyedLocks::Mode mode = mode_of(number, offset_bytes, data.size());
  KeyedLocks::Guard guard = co_await volume_.locks.lock(number, mode, flags.cancel);
  if (!guard) {
    // The earlier pieces of this call have been acknowledged, and this one does not come.
    if (open_file != nullptr) open_file->tail.call_ended_early(flags.pid);
    co_return volume_.make_error(EINTR, "write", number);
  }
  const Status allowed = may_write(number, offset_bytes, data.size(), flags);
  if (!allowed) co_return allowed.error();
  if (data.empty()) co_return std::uint64_t{0};
  WriteOutcome outcome;
  if (file.sequential && open_file != nullptr) {
    outcome = co_await pieces_.write(*open_file, offset_bytes, data, flags);
  } else {
    outcome = co_await write_conventional(open_file, number, offset_bytes, data, flags);
  }
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
  co_return outcome.bytes;
}

/// After a temporary error: whether a part of the data was written. The call then returns the length of that part, and
/// the next write gets the error.
bool Writer::part_landed(const WriteOutcome& outcome, FileNumber number) const {
  const ZoneFile& file = volume_.files[number];
  return outcome.on_device && file.sequential && is_temporary(*outcome.error) && !volume_.options.strict &&
         file.size_bytes > outcome.begin_bytes();
}

Task<WriteOutcome> Writer::write_conventional(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                              std::span<const std::byte> data, IoFlags flags) {
  const ZoneFiles& files = volume_.files;
  WriteOutcome outcome;
  const std::uint64_t asked_bytes = data.size();
  data = data.first(std::min<std::uint64_t>(data.size(), files[number].capacity_bytes - offset_bytes));
  const auto block_size_bytes = static_cast<std::uint32_t>(files.block_size_bytes());
  const bool admitted =
      !flags.direct || open_file == nullptr ||
      open_file->cut_writes.admit(flags.pid, offset_bytes, asked_bytes, offset_bytes + data.size(), block_size_bytes);
  if (!admitted) {
    outcome.error = volume_.make_error(EINVAL, "write", number);
    co_return outcome;
  }
  Status done;
  if (files.whole_blocks(offset_bytes) && files.whole_blocks(data.size())) {
    done = co_await write_blocks(volume_, number, offset_bytes, data, false);
  } else {
    done = co_await rewrite_blocks(number, offset_bytes, data);
  }
  if (done) {
    outcome.bytes = data.size();
  } else {
    outcome.error = done.error();
    outcome.on_device = true;
  }
  co_return outcome;
}

/// Writes a range that covers parts of blocks: reads these blocks first and writes them whole.
Task<Status> Writer::rewrite_blocks(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data) {
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  while (!data.empty()) {
    const std::size_t part_bytes = std::min(data.size(), std::size_t{request_data_max_bytes});
    const std::uint64_t from_bytes = round_down(offset_bytes, block_size_bytes);
    const std::uint64_t to_bytes = round_up(offset_bytes + part_bytes, block_size_bytes);
    const BufferPool::Loan loan = co_await volume_.buffers.acquire();
    if (!loan) co_return Error(ENOMEM, "write");
    const std::span<std::byte> blocks = loan.first(to_bytes - from_bytes);
    const Status read = co_await read_blocks(volume_, number, from_bytes, blocks);
    if (!read) co_return read;
    std::memcpy(blocks.data() + (offset_bytes - from_bytes), data.data(), part_bytes);
    const Status written = co_await write_blocks(volume_, number, from_bytes, blocks, false);
    if (!written) co_return written;
    data = data.subspan(part_bytes);
    offset_bytes += part_bytes;
  }
  co_return Status();
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

Task<Status> Writer::sync(FileNumber number, OpenFile* open_file, std::int32_t pid, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  // Writes may run beside the flush, as it makes no promise about data that is not acknowledged yet.
  KeyedLocks::Guard guard = co_await volume_.locks.read(number, cancel);
  if (!guard) co_return volume_.make_error(EINTR, "fsync", number);
  if (volume_.files[number].immutable()) co_return volume_.make_error(EPERM, "fsync", number);
  if (open_file != nullptr && open_file->tail.take_loss(pid)) {
    const Error lost =
        volume_.make_error(EIO, "fsync", number, "a direct write has ended inside a block, whose part is not written");
    volume_.log_error(lost);
    co_return lost;
  }
  const Status flushed = co_await flush(number, guard);
  co_return flushed;
}

}  // namespace zonecopy::zonefs
