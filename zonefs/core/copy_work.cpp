#include "zonefs/core/copy_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "zonefs/core/device_errno.h"
#include "zonefs/core/read.h"
#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {

std::string different_blocks(const Volume& source, const Volume& destination) {
  return fmt::format("the blocks of {} are {} bytes long and those of {} {} bytes", source.info().path,
                     source.info().block_size_bytes, destination.info().path, destination.info().block_size_bytes);
}

Task<CopyDone> CopyWorker::run(CopyWork work, LockSet& locks, const CancelToken* cancel) {
  const Progress progress = co_await copy_all_steps(work, cancel);
  CopyDone done = this->done(progress);
  accounts_.count(done, work.through == nullptr ? nullptr : &work.through->copied);
  if (done.bytes > 0) volume_.touch(work.destination);
  if (!progress.error) co_return done;

  const Error& cause = *progress.error;
  co_await recover(work, cause, done.bytes, locks);
  const bool cancelled = cause.code() == EINTR;
  const std::optional<CopySide> side = cause.copy_side();  // none: it was cancelled, or may not be emulated
  done.error = Error(cancelled ? EINTR : device_errno(cause), side == CopySide::source ? "read" : "copy");
  // After a temporary error: what has landed of the last piece counts, as in a write.
  const ZoneFile& to = volume_.files[work.destination];
  const bool landed = side == CopySide::destination && to.sequential && is_temporary(cause) && !volume_.options.strict;
  if (landed && to.size_bytes > work.destination_offset_bytes) {
    done.bytes = std::max(done.bytes, to.size_bytes - work.destination_offset_bytes);
  }
  co_return done;
}

/// Logs the error, and has the zone of the side that failed looked at.
Task<void> CopyWorker::recover(const CopyWork& work, const Error& cause, std::uint64_t done_bytes, LockSet& locks) {
  const std::optional<CopySide> side = cause.copy_side();
  if (side == CopySide::source) {
    const CopyPiece failed = failed_piece(work, cause, done_bytes);
    Volume& source = failed.on(volume_);
    source.log_error(cause);
    locks.release();
    Recovery recovery(source);
    co_await recovery.after_read_error(failed.source, cause);
    co_return;
  }
  if (cause.code() != EINTR) volume_.log_error(cause);
  if (side == CopySide::destination) {
    // A copy in the other direction may be waiting for the lock of the source.
    locks.release_all_but(volume_.locks, work.destination);
    KeyedLocks::Guard& guard = locks.of(volume_.locks, work.destination);
    co_await recovery_.after_write_error(work.destination, cause, guard);
  }
}

/// The piece that an error is about: the one in the zone that the device names, else the one of the first byte that was
/// not copied.
CopyPiece CopyWorker::failed_piece(const CopyWork& work, const Error& cause, std::uint64_t done_bytes) const {
  const std::vector<CopyPiece> rest = skip_bytes(work.pieces, done_bytes);
  for (const CopyPiece& piece : rest) {
    if (!cause.zone() || !concerns(cause, piece)) continue;
    if (*cause.zone() == piece.on(volume_).files.zone_of(piece.source)) return piece;
  }
  return rest.empty() ? work.pieces.back() : rest.front();
}

/// Under CopyMode::offload: why the copy is not begun; else nothing. What is less than a block no device copies, so that it
/// is no reason.
std::optional<std::string> CopyWorker::refusal_to_offload(CopyMode mode, const std::vector<CopyStep>& steps) const {
  if (mode != CopyMode::offload) return std::nullopt;
  const Volume* asked = nullptr;
  for (const CopyStep& step : steps) {
    for (const CopyPiece& piece : step.pieces) {
      if (!step.whole_blocks && piece.length_bytes >= volume_.info().block_size_bytes) {
        return "the blocks of source and destination do not match";
      }
      const Volume& source = piece.on(volume_);
      if (!step.whole_blocks || &source == asked) continue;
      asked = &source;
      CopyRoute route = volume_.device->copy_route(*source.device);
      if (route.path != CopyPath::offloaded) return std::move(route.objection);
    }
  }
  return std::nullopt;
}

std::optional<std::string> CopyWorker::refusal(const CopyWork& work) const {
  return refusal_to_offload(work.mode, copy_steps(volume_.files, work.pieces, work.destination_offset_bytes));
}

Task<CopyWorker::Progress> CopyWorker::copy_all_steps(const CopyWork& work, const CancelToken* cancel) {
  Progress progress;
  const std::vector<CopyStep> steps = copy_steps(volume_.files, work.pieces, work.destination_offset_bytes);
  progress.report.fallback_reason = refusal_to_offload(work.mode, steps);
  if (progress.report.fallback_reason) {
    progress.error = volume_.make_error(EIO, "copy", work.destination, *progress.report.fallback_reason);
  }
  if (!progress.error) progress.error = co_await fill_gap(work);
  for (const CopyStep& step : steps) {
    if (progress.error) break;
    if (step.whole_blocks) {
      co_await copy_blocks(work, step, cancel, progress);
    } else {
      co_await copy_bytes(work, step, cancel, progress);
    }
  }
  co_return progress;
}

/// Fills what lies between the end of the destination and the range with zeros.
Task<std::optional<Error>> CopyWorker::fill_gap(const CopyWork& work) {
  std::optional<Error> error;
  if (volume_.files[work.destination].sequential) {
    const WriteOutcome filled = co_await stream_.fill_to(work.destination, work.destination_offset_bytes);
    error = filled.error;
    if (error && filled.on_device) error->on_side(CopySide::destination);
  } else {
    volume_.emptied.begins(work.destination, work.through == nullptr ? 0 : work.through->number);
    const Status filled = co_await conventional_.fill_gap(work.destination, work.destination_offset_bytes);
    if (!filled) error = filled.error();
    if (error) error->on_side(CopySide::destination);
  }
  co_return error;
}

Extent CopyWorker::extent_of(const CopyPiece& piece) const {
  const ZoneFiles& files = piece.on(volume_).files;
  return {files.map(piece.source, piece.offset_bytes).lba, piece.length_bytes / files.block_size_bytes()};
}

/// Whether an error of a source is about the device that `piece` is on.
bool CopyWorker::concerns(const Error& error, const CopyPiece& piece) const {
  return error.device().empty() || error.device() == piece.on(volume_).info().path;
}

/// How much of `pieces` lies in front of the read that has failed; nothing where that is not known.
std::uint64_t CopyWorker::readable_bytes(const std::vector<CopyPiece>& pieces, const Error& error) const {
  if (error.copy_side() != CopySide::source || !error.lba()) return 0;
  std::uint64_t before_bytes = 0;
  for (const CopyPiece& piece : pieces) {
    const Extent extent = extent_of(piece);
    const bool inside = *error.lba() >= extent.start_lba && *error.lba() - extent.start_lba < extent.blocks;
    if (inside && concerns(error, piece)) {
      return before_bytes + (*error.lba() - extent.start_lba) * volume_.files.block_size_bytes();
    }
    before_bytes += piece.length_bytes;
  }
  return 0;
}

/// Copies whole blocks. Where a piece cannot be read that was fetched together with others, those in front of it are
/// copied all the same, so that the first piece that is missing is the one that is at fault.
Task<void> CopyWorker::copy_blocks(const CopyWork& work, CopyStep step, const CancelToken* cancel, Progress& progress) {
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  const std::uint64_t before_blocks = progress.report.blocks();
  co_await copy_pieces(work, step, cancel, progress);
  if (!progress.error) co_return;
  const std::uint64_t done_bytes = (progress.report.blocks() - before_blocks) * block_size_bytes;
  step.pieces = skip_bytes(step.pieces, done_bytes);
  step.destination_offset_bytes += done_bytes;
  const Error cause = *progress.error;
  step.pieces = take_bytes(step.pieces, readable_bytes(step.pieces, cause));
  if (step.pieces.empty()) co_return;
  progress.error.reset();
  co_await copy_pieces(work, step, cancel, progress);
  if (!progress.error) progress.error = cause;
}

/// Pieces that follow each other on one device are copied together.
Task<void> CopyWorker::copy_pieces(const CopyWork& work, const CopyStep& step, const CancelToken* cancel,
                                   Progress& progress) {
  std::uint64_t offset_bytes = step.destination_offset_bytes;
  for (std::size_t next = 0; next < step.pieces.size() && !progress.error;) {
    Volume& source = step.pieces[next].on(volume_);
    std::vector<Extent> extents;
    while (next < step.pieces.size() && &step.pieces[next].on(volume_) == &source) {
      extents.push_back(extent_of(step.pieces[next]));
      ++next;
    }
    co_await copy_run(work, source, std::move(extents), offset_bytes, cancel, progress);
  }
  const ZoneFile& to = volume_.files[work.destination];
  if (to.sequential) {
    const std::uint64_t copied_bytes = offset_bytes - step.destination_offset_bytes;
    volume_.files.grow_to(work.destination, to.size_bytes + copied_bytes);
    volume_.files.ends.advance(work.destination, copied_bytes, {});
  } else {
    volume_.emptied.wrote(work.destination, offset_bytes);
  }
}

/// Copies from one device to `offset_bytes`, which is moved to the end of what was copied.
Task<void> CopyWorker::copy_run(const CopyWork& work, Volume& source, std::vector<Extent> left,
                                std::uint64_t& offset_bytes, const CancelToken* cancel, Progress& progress) {
  CopyOptions options = copy_options_for(volume_.options, volume_.info().block_size_bytes);
  options.buffers = &source == &volume_ ? &volume_.buffers : &volume_.incoming;
  options.mode = work.mode;
  options.pace = work.pace;
  if (!volume_.files[work.destination].sequential) options.writes_in_flight = options.read_ahead_depth;
  CopyReport& total = progress.report;
  while (!left.empty() && !progress.error) {  // more than once only where a file is several zones long (aggr_cnv)
    const Mapping into = volume_.files.map(work.destination, offset_bytes);
    const std::uint64_t blocks = std::min(total_blocks(left), into.zone_left_blocks);
    CopyJob job{take_blocks(left, blocks), Destination{into.lba, blocks}};
    left = skip_blocks(left, blocks);
    const CopyReport report =
        co_await copy(volume_.loop, *source.device, *volume_.device, std::move(job), options, cancel);
    total.blocks_offloaded += report.blocks_offloaded;
    total.blocks_kernel += report.blocks_kernel;
    total.blocks_emulated += report.blocks_emulated;
    total.copy_commands += report.copy_commands;
    if (report.fallback_reason) total.fallback_reason = report.fallback_reason;
    progress.error = report.error;
    offset_bytes += report.blocks() * volume_.files.block_size_bytes();
    accounts_.count_from(source, report, 0);
  }
}

/// Reads and writes any range, one request's worth at a time.
Task<void> CopyWorker::copy_bytes(const CopyWork& work, CopyStep step, const CancelToken* cancel, Progress& progress) {
  if (!progress.report.fallback_reason) progress.report.fallback_reason = "a part is no whole block of both files";
  std::uint64_t offset_bytes = step.destination_offset_bytes;
  for (CopyPiece piece : step.pieces) {
    while (piece.length_bytes != 0) {
      if (cancel != nullptr && cancel->requested()) {
        progress.error = volume_.make_error(EINTR, "copy", work.destination);
        co_return;
      }
      if (work.pace != nullptr) {
        co_await work.pace->before(std::min<std::uint64_t>(piece.length_bytes, request_data_max_bytes), cancel);
      }
      const WriteOutcome written = co_await copy_piece(work, piece, offset_bytes);
      progress.error = written.error;
      if (progress.error || written.bytes == 0) co_return;  // 0: the source has become shorter
      offset_bytes += written.bytes;
      piece.offset_bytes += written.bytes;
      piece.length_bytes -= written.bytes;
      progress.loose_bytes += written.bytes;
      accounts_.count_from(piece.on(volume_), CopyReport(), written.bytes);
    }
  }
}

/// Copies the first bytes of a piece, as many as a request may have. The error of the outcome has its
/// Error::copy_side().
Task<WriteOutcome> CopyWorker::copy_piece(const CopyWork& work, CopyPiece piece,
                                          std::uint64_t destination_offset_bytes) {
  WriteOutcome outcome;
  const std::uint64_t length_bytes = std::min<std::uint64_t>(piece.length_bytes, request_data_max_bytes);
  Volume& source = piece.on(volume_);
  // What was read of another device waits for this one, which may be slow: it must not hold that device's buffers.
  BufferPool& buffers = &source == &volume_ ? volume_.buffers : volume_.incoming;
  Result<ReadResult> read = co_await read_bytes(source, piece.source, piece.offset_bytes, length_bytes, buffers);
  if (!read) {
    outcome.error = read.error().on_side(CopySide::source);
    co_return outcome;
  }
  if (!read->loan) outcome.error = volume_.make_error(ENOMEM, "copy", work.destination);
  if (outcome.error || read->data.empty()) co_return outcome;
  if (volume_.files[work.destination].sequential) {
    outcome = co_await stream_.append(work.destination, read->data, &read->loan, false);
  } else {
    // Not in the loan's memory: the write may need a loan, and must not wait for it while this holds one.
    const Buffer data(read->data.size());
    if (!data) {
      outcome.error = volume_.make_error(ENOMEM, "copy", work.destination);
      co_return outcome;
    }
    std::ranges::copy(read->data, data.data());
    const std::span<const std::byte> bytes = data.first(read->data.size());
    read->loan = {};
    outcome = co_await conventional_.write(work.through, work.destination, destination_offset_bytes, bytes, IoFlags());
  }
  if (outcome.error && outcome.on_device) outcome.error->on_side(CopySide::destination);
  co_return outcome;
}

CopyDone CopyWorker::done(const Progress& progress) const {
  const CopyReport& report = progress.report;
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  CopyDone done;
  done.bytes = progress.bytes(block_size_bytes);
  done.bytes_offloaded = report.blocks_offloaded * block_size_bytes;
  done.bytes_kernel = report.blocks_kernel * block_size_bytes;
  done.bytes_emulated = report.blocks_emulated * block_size_bytes + progress.loose_bytes;
  done.commands = report.copy_commands;
  done.not_offloaded_because = report.fallback_reason.value_or("");
  return done;
}

}  // namespace zonecopy::zonefs
