#include "zonefs/core/copy.h"

#include <algorithm>

#include "zonecopy/lock_set.h"
#include "zonefs/core/device_errno.h"

namespace zonecopy::zonefs {

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
  const CopyReport report = co_await run(*clipped, cancel);
  const std::uint64_t copied_bytes = report.blocks() * volume_.files.block_size_bytes();
  if (!report.error) co_return copied_bytes;

  const Error& cause = *report.error;
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
  if (request.source_offset_bytes >= from.size_bytes) {
    request.length_bytes = 0;  // the end of the source
    return request;
  }
  request.length_bytes = std::min({request.length_bytes, from.size_bytes - request.source_offset_bytes,
                                   to.capacity_bytes - request.destination_offset_bytes, copy_max_bytes});
  if (request.length_bytes == 0) return request;
  const ZoneFiles& files = volume_.files;
  const bool in_whole_blocks = files.whole_blocks(request.source_offset_bytes) &&
                               files.whole_blocks(request.destination_offset_bytes) &&
                               files.whole_blocks(request.length_bytes);
  if (!in_whole_blocks) return make_error(EINVAL);
  if (to.sequential && request.destination_offset_bytes != to.size_bytes) return make_error(EINVAL);
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

/// Copies, and updates the size of the destination.
Task<CopyReport> Copier::run(CopyRequest request, const CancelToken* cancel) {
  CopyOptions options = copy_options_for(volume_.options, volume_.info().block_size_bytes);
  options.buffers = &volume_.buffers;
  ZoneFile& to = volume_.files[request.destination];
  if (!to.sequential) options.writes_in_flight = options.read_ahead_depth;
  CopyReport total;
  ZonedDevice& device = *volume_.device;
  std::vector<CopyJob> jobs = jobs_of(request);
  for (CopyJob& job : jobs) {
    const CopyReport report = co_await copy(volume_.loop, device, device, std::move(job), options, cancel);
    total.blocks_offloaded += report.blocks_offloaded;
    total.blocks_kernel += report.blocks_kernel;
    total.blocks_emulated += report.blocks_emulated;
    total.error = report.error;
    if (report.fallback_reason) total.fallback_reason = report.fallback_reason;
    if (total.error) break;
  }
  count(total, request.through == nullptr ? nullptr : &request.through->copied);
  if (to.sequential) {
    const std::uint64_t size_bytes = to.size_bytes + total.blocks() * volume_.files.block_size_bytes();
    if (size_bytes >= to.capacity_bytes) to.zone_open = false;
    volume_.files.set_size(request.destination, size_bytes);
  }
  co_return total;
}

void Copier::count(const CopyReport& report, CopyTally* tally) {
  const auto add = [&](auto& counters) {
    counters.bytes_offloaded += report.blocks_offloaded * volume_.files.block_size_bytes();
    counters.bytes_kernel += report.blocks_kernel * volume_.files.block_size_bytes();
    counters.bytes_emulated += report.blocks_emulated * volume_.files.block_size_bytes();
  };
  add(counters_);
  if (tally != nullptr) {
    add(*tally);
    if (report.fallback_reason) tally->not_offloaded_because = *report.fallback_reason;
  }
  if (report.blocks_emulated > 0) {
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
