#include "zonefs/core/copy.h"

#include <algorithm>

#include "zonecopy/lock_set.h"
#include "zonefs/core/device_errno.h"
#include "zonefs/core/read.h"
#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {

namespace {

CopyRequest part_of(CopyRequest request, std::uint64_t begin_bytes, std::uint64_t length_bytes) {
  request.source_offset_bytes += begin_bytes;
  request.destination_offset_bytes += begin_bytes;
  request.length_bytes = length_bytes;
  return request;
}

}  // namespace

Task<Result<std::uint64_t>> Copier::copy_range(CopyRequest request, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  // Reads of both files may run beside the copy. So may writes to the source, as they are above the range that is
  // copied.
  std::vector<LockSet::Request> lock_requests;
  lock_requests.push_back(LockSet::Request{request.source, KeyedLocks::Mode::read});
  lock_requests.push_back(LockSet::Request{request.destination, KeyedLocks::Mode::write});
  LockSet locks = co_await LockSet::acquire(volume_.locks, std::move(lock_requests), cancel);
  if (!locks) co_return volume_.make_error(EINTR, "copy", request.destination);
  const Result<CopyRequest> clipped = clip(request);
  if (!clipped) co_return clipped.error();
  if (clipped->length_bytes == 0) co_return std::uint64_t{0};
  const Progress progress = co_await run(*clipped, cancel);
  std::uint64_t copied_bytes = progress.bytes(volume_.files.block_size_bytes());
  if (copied_bytes > 0) volume_.touch(request.destination);
  if (!progress.error) co_return copied_bytes;

  const Error& cause = *progress.error;
  const bool cancelled = cause.code() == EINTR;
  const std::optional<CopySide> side = cause.copy_side();  // none: it was cancelled, or may not be emulated
  if (!cancelled) volume_.log_error(cause);
  if (side == CopySide::source) {
    locks.release();
    co_await recovery_.after_read_error(request.source, cause);
  } else if (side == CopySide::destination) {
    // A copy in the other direction may be waiting for the lock of the source.
    locks.release_all_but(request.destination);
    KeyedLocks::Guard& guard = locks.of(request.destination);
    co_await recovery_.after_write_error(request.destination, cause, guard);
  }
  // After a temporary error: what has landed of the last piece counts, as in a write.
  const ZoneFile& to = volume_.files[request.destination];
  const bool landed = side == CopySide::destination && to.sequential && is_temporary(cause) && !volume_.options.strict;
  if (landed && to.size_bytes > clipped->destination_offset_bytes) {
    copied_bytes = std::max(copied_bytes, to.size_bytes - clipped->destination_offset_bytes);
  }
  if (copied_bytes > 0) co_return copied_bytes;
  co_return Error(cancelled ? EINTR : device_errno(cause), side == CopySide::source ? "read" : "copy");
}

Result<CopyRequest> Copier::clip(CopyRequest request) const {
  const ZoneFile& from = volume_.files[request.source];
  const ZoneFile& to = volume_.files[request.destination];
  const auto make_error = [&](int code) { return volume_.make_error(code, "copy", request.destination); };
  if (to.immutable() || from.unreadable()) return make_error(EPERM);
  if (volume_.read_only()) return make_error(EROFS);
  if (request.destination_offset_bytes >= to.capacity_bytes) return make_error(EFBIG);
  const std::uint64_t source_size_bytes = volume_.files.size_bytes(request.source);
  if (request.source_offset_bytes >= source_size_bytes) {
    request.length_bytes = 0;  // the end of the source
    return request;
  }
  request.length_bytes = std::min({request.length_bytes, source_size_bytes - request.source_offset_bytes,
                                   to.capacity_bytes - request.destination_offset_bytes, copy_max_bytes});
  if (request.length_bytes == 0) return request;
  const bool strict = volume_.options.strict;
  if (strict && !aligned(request)) return make_error(EINVAL);
  const std::uint64_t end_bytes = volume_.files.data_end_bytes(request.destination);
  const bool below_end = request.destination_offset_bytes < end_bytes;
  if (to.sequential && (below_end || (strict && request.destination_offset_bytes != end_bytes))) {
    return make_error(EINVAL);
  }
  const bool overlap = request.source == request.destination &&
                       request.source_offset_bytes < request.destination_offset_bytes + request.length_bytes &&
                       request.destination_offset_bytes < request.source_offset_bytes + request.length_bytes;
  if (overlap) return make_error(EINVAL);
  return request;
}

std::vector<CopyJob> Copier::jobs_of(const CopyRequest& request) const {
  const ZoneFiles& files = volume_.files;
  std::vector<CopyJob> jobs;
  std::uint64_t done_bytes = 0;
  while (done_bytes < request.length_bytes) {  // more than one only where a file is several zones long (aggr_cnv)
    const Mapping into = files.map(request.destination, request.destination_offset_bytes + done_bytes);
    const std::uint64_t blocks =
        std::min((request.length_bytes - done_bytes) / files.block_size_bytes(), into.zone_left_blocks);
    const Lba source_lba = files.map(request.source, request.source_offset_bytes + done_bytes).lba;
    jobs.push_back(CopyJob{{Extent{source_lba, blocks}}, Destination{into.lba, blocks}});
    done_bytes += blocks * files.block_size_bytes();
  }
  return jobs;
}

bool Copier::aligned(const CopyRequest& request) const {
  const ZoneFiles& files = volume_.files;
  return files.whole_blocks(request.source_offset_bytes) && files.whole_blocks(request.destination_offset_bytes) &&
         files.whole_blocks(request.length_bytes);
}

Copier::Parts Copier::parts_of(const CopyRequest& request) const {
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  const std::uint64_t into_block_bytes = request.destination_offset_bytes % block_size_bytes;
  Parts parts;
  if (request.source_offset_bytes % block_size_bytes != into_block_bytes) {
    parts.rest_bytes = request.length_bytes;  // no block of the source is a block of the destination
    return parts;
  }
  if (into_block_bytes != 0) parts.head_bytes = std::min(block_size_bytes - into_block_bytes, request.length_bytes);
  const std::uint64_t whole_from_bytes = request.source_offset_bytes + parts.head_bytes;
  const std::uint64_t on_zone_bytes = std::max(volume_.files[request.source].size_bytes, whole_from_bytes);
  parts.whole_bytes =
      round_down(std::min(request.length_bytes - parts.head_bytes, on_zone_bytes - whole_from_bytes), block_size_bytes);
  parts.rest_bytes = request.length_bytes - parts.head_bytes - parts.whole_bytes;
  return parts;
}

/// Under copy=offload: why the copy is not begun; else nothing. What is less than a block no device copies, so that it is
/// no reason.
std::optional<std::string> Copier::refusal_to_offload(const Parts& parts) const {
  if (volume_.options.copy.mode != CopyMode::offload) return std::nullopt;
  const DeviceInfo& info = volume_.info();
  if (parts.rest_bytes >= info.block_size_bytes) return "the blocks of source and destination do not match";
  if (parts.whole_bytes == 0 || info.copy_path() == CopyPath::offloaded) return std::nullopt;
  return info.copy_limits.available() ? info.copy_moves_data : info.copy_unavailable;
}

/// Copies, and updates the size of the destination.
Task<Copier::Progress> Copier::run(CopyRequest request, const CancelToken* cancel) {
  Progress progress;
  const Parts parts = parts_of(request);
  progress.report.fallback_reason = refusal_to_offload(parts);
  if (progress.report.fallback_reason) {
    progress.error = volume_.make_error(EIO, "copy", request.destination, *progress.report.fallback_reason);
  }
  if (!progress.error) progress.error = co_await fill_gap(request);
  co_await copy_bytes(part_of(request, 0, parts.head_bytes), cancel, progress);
  co_await copy_blocks(part_of(request, parts.head_bytes, parts.whole_bytes), cancel, progress);
  co_await copy_bytes(part_of(request, parts.head_bytes + parts.whole_bytes, parts.rest_bytes), cancel, progress);
  count(progress, request.through == nullptr ? nullptr : &request.through->copied);
  co_return progress;
}

/// Fills what lies between the end of the destination and the range with zeros.
Task<std::optional<Error>> Copier::fill_gap(CopyRequest request) {
  std::optional<Error> error;
  if (volume_.files[request.destination].sequential) {
    const WriteOutcome filled = co_await stream_.fill_to(request.destination, request.destination_offset_bytes);
    error = filled.error;
    if (error && filled.on_device) error->on_side(CopySide::destination);
  } else {
    volume_.emptied.begins(request.destination, request.through == nullptr ? 0 : request.through->number);
    const Status filled = co_await conventional_.fill_gap(request.destination, request.destination_offset_bytes);
    if (!filled) error = filled.error();
    if (error) error->on_side(CopySide::destination);
  }
  co_return error;
}

Task<void> Copier::copy_blocks(CopyRequest request, const CancelToken* cancel, Progress& progress) {
  if (progress.error || request.length_bytes == 0) co_return;
  CopyOptions options = copy_options_for(volume_.options, volume_.info().block_size_bytes);
  options.buffers = &volume_.buffers;
  const ZoneFile& to = volume_.files[request.destination];
  if (!to.sequential) options.writes_in_flight = options.read_ahead_depth;
  CopyReport& total = progress.report;
  ZonedDevice& device = *volume_.device;
  std::vector<CopyJob> jobs = jobs_of(request);
  const std::uint64_t before_blocks = total.blocks();
  for (CopyJob& job : jobs) {
    const CopyReport report = co_await copy(volume_.loop, device, device, std::move(job), options, cancel);
    total.blocks_offloaded += report.blocks_offloaded;
    total.blocks_kernel += report.blocks_kernel;
    total.blocks_emulated += report.blocks_emulated;
    if (report.fallback_reason) total.fallback_reason = report.fallback_reason;
    progress.error = report.error;
    if (progress.error) break;
  }
  const std::uint64_t copied_bytes = (total.blocks() - before_blocks) * volume_.files.block_size_bytes();
  if (to.sequential) {
    volume_.files.grow_to(request.destination, to.size_bytes + copied_bytes);
    volume_.files.ends.advance(request.destination, copied_bytes, {});
  } else {
    volume_.emptied.wrote(request.destination, request.destination_offset_bytes + copied_bytes);
  }
}

/// Reads and writes any range, one request's worth at a time.
Task<void> Copier::copy_bytes(CopyRequest request, const CancelToken* cancel, Progress& progress) {
  if (progress.error || request.length_bytes == 0) co_return;
  if (!progress.report.fallback_reason) progress.report.fallback_reason = "a part is no whole block of both files";
  std::uint64_t left_bytes = request.length_bytes;
  while (left_bytes != 0) {
    if (cancel != nullptr && cancel->requested()) {
      progress.error = volume_.make_error(EINTR, "copy", request.destination);
      co_return;
    }
    request.length_bytes = std::min<std::uint64_t>(left_bytes, request_data_max_bytes);
    const WriteOutcome piece = co_await copy_piece(request);
    progress.error = piece.error;
    if (progress.error || piece.bytes == 0) co_return;  // 0: the source has become shorter
    request.source_offset_bytes += piece.bytes;
    request.destination_offset_bytes += piece.bytes;
    progress.loose_bytes += piece.bytes;
    left_bytes -= piece.bytes;
  }
}

/// The error of the outcome has its Error::copy_side().
Task<WriteOutcome> Copier::copy_piece(CopyRequest request) {
  WriteOutcome outcome;
  Result<ReadResult> read =
      co_await read_bytes(volume_, request.source, request.source_offset_bytes, request.length_bytes);
  if (!read) {
    outcome.error = read.error().on_side(CopySide::source);
    co_return outcome;
  }
  if (!read->loan) outcome.error = volume_.make_error(ENOMEM, "copy", request.destination);
  if (outcome.error || read->data.empty()) co_return outcome;
  if (volume_.files[request.destination].sequential) {
    outcome = co_await stream_.append(request.destination, read->data, &read->loan, false);
  } else {
    // Not in the loan's memory: the write may need a loan, and must not wait for it while this holds one.
    const Buffer data(read->data.size());
    if (!data) {
      outcome.error = volume_.make_error(ENOMEM, "copy", request.destination);
      co_return outcome;
    }
    std::ranges::copy(read->data, data.data());
    const std::span<const std::byte> bytes = data.first(read->data.size());
    read->loan = {};
    outcome = co_await conventional_.write(request.through, request.destination, request.destination_offset_bytes,
                                           bytes, IoFlags());
  }
  if (outcome.error && outcome.on_device) outcome.error->on_side(CopySide::destination);
  co_return outcome;
}

void Copier::count(const Progress& progress, CopyTally* tally) {
  const CopyReport& report = progress.report;
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  const auto add = [&](auto& counters) {
    counters.bytes_offloaded += report.blocks_offloaded * block_size_bytes;
    counters.bytes_kernel += report.blocks_kernel * block_size_bytes;
    counters.bytes_emulated += report.blocks_emulated * block_size_bytes + progress.loose_bytes;
  };
  add(counters_);
  if (tally != nullptr) {
    add(*tally);
    if (report.fallback_reason) tally->not_offloaded_because = *report.fallback_reason;
  }
  if (report.blocks_emulated > 0 || progress.loose_bytes > 0) {
    ++counters_.copies_emulated;
  } else if (report.blocks_kernel > 0) {
    ++counters_.copies_kernel;
  } else if (report.blocks_offloaded > 0) {
    ++counters_.copies_offloaded;
  }
  if (!report.fallback_reason) return;
  if (*report.fallback_reason != counters_.last_fallback) {
    volume_.log.write(Severity::info, "copy not offloaded: " + *report.fallback_reason);
  }
  counters_.last_fallback = *report.fallback_reason;
}

}  // namespace zonecopy::zonefs
