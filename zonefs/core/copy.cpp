// copy_file_range between zone files: the checks, then the copy engine, then the accounts.
#include <algorithm>
#include <limits>

#include "zonefs/core/device_errno.h"
#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

Task<Result<std::uint64_t>> FileSystem::copy_range(CopyRequest request, const CancelToken* cancel) {
  const GatePass pass(requests_);
  // Both files, in the order of their numbers, so that copies in opposite directions cannot wait for each other. A read
  // of the source goes on beside the copy; to read and write one file takes its one lock, for writing.
  const FileNumber first = std::min(request.source, request.destination);
  const FileNumber second = std::max(request.source, request.destination);
  KeyedLocks::Guard first_guard;
  KeyedLocks::Guard second_guard;
  if (first == request.destination) {
    first_guard = co_await locks_.exclusive(first);
    if (first != second) second_guard = co_await locks_.read(second);
  } else {
    first_guard = co_await locks_.read(first);
    second_guard = co_await locks_.exclusive(second);
  }
  Result<CopyRequest> clipped = clip_copy(request);
  if (!clipped) co_return clipped.error();
  if (clipped->length_bytes == 0) co_return std::uint64_t{0};
  Result<std::uint64_t> copied = co_await copy_locked(*clipped, cancel);
  const bool read_failed = !copied && copied.error().operation() == "read";
  if (read_failed && request.source != request.destination) {
    (first == request.source ? first_guard : second_guard).release();
    (first == request.source ? second_guard : first_guard).release();
    co_await handle_read_error(request.source, copied.error());
  }
  co_return copied;
}

Result<CopyRequest> FileSystem::clip_copy(CopyRequest request) const {
  const ZoneFile& from = files_[request.source];
  const ZoneFile& to = files_[request.destination];
  const auto refused = [&](int code) { return refuse(code, "copy", request.destination); };
  if (to.immutable() || from.unreadable()) return refused(EPERM);
  if (read_only()) return refused(EROFS);
  if (request.destination_offset_bytes >= to.capacity_bytes) return refused(EFBIG);
  if (request.source_offset_bytes >= from.size_bytes) {
    request.length_bytes = 0;  // the end of the source
    return request;
  }
  request.length_bytes = std::min({request.length_bytes, from.size_bytes - request.source_offset_bytes,
                                   to.capacity_bytes - request.destination_offset_bytes, copy_max_bytes});
  if (request.length_bytes == 0) return request;
  if (!whole_blocks(request.source_offset_bytes) || !whole_blocks(request.destination_offset_bytes) ||
      !whole_blocks(request.length_bytes)) {
    return refused(EINVAL);
  }
  if (to.sequential && request.destination_offset_bytes != to.size_bytes) return refused(EINVAL);
  const bool overlap = request.source == request.destination &&
                       request.source_offset_bytes < request.destination_offset_bytes + request.length_bytes &&
                       request.destination_offset_bytes < request.source_offset_bytes + request.length_bytes;
  if (overlap) return refused(EINVAL);
  return request;
}

std::vector<CopyJob> FileSystem::copy_jobs(const CopyRequest& request) const {
  const ZoneFile& from = files_[request.source];
  const ZoneFile& to = files_[request.destination];
  std::vector<CopyJob> jobs;
  std::uint64_t done_bytes = 0;
  while (done_bytes < request.length_bytes) {  // more than one only where a file is several zones long (aggr_cnv)
    const Place into = place(to, request.destination_offset_bytes + done_bytes);
    const std::uint64_t blocks =
        std::min((request.length_bytes - done_bytes) / block_size_bytes(), into.zone_left_blocks);
    const Lba source_lba = place(from, request.source_offset_bytes + done_bytes).lba;
    jobs.push_back(CopyJob{{Extent{source_lba, blocks}}, Destination{into.lba, blocks}});
    done_bytes += blocks * block_size_bytes();
  }
  return jobs;
}

Task<Result<std::uint64_t>> FileSystem::copy_locked(CopyRequest request, const CancelToken* cancel) {
  CopyOptions options = copy_options_for(options_, device_->info().block_size_bytes);
  options.buffers = &buffers_;
  if (!files_[request.destination].sequential) options.writes_in_flight = options.read_ahead_depth;
  CopyReport total;
  std::vector<CopyJob> jobs = copy_jobs(request);
  for (CopyJob& job : jobs) {
    const CopyReport report = co_await copy(loop_, *device_, *device_, std::move(job), options, cancel);
    total.blocks_offloaded += report.blocks_offloaded;
    total.blocks_kernel += report.blocks_kernel;
    total.blocks_emulated += report.blocks_emulated;
    total.error = report.error;
    total.source_failed = report.source_failed;
    if (report.fallback_reason) total.fallback_reason = report.fallback_reason;
    if (total.error) break;
  }
  count_copy(total, request.through == nullptr ? nullptr : &request.through->copied);
  const std::uint64_t copied_bytes = total.blocks() * block_size_bytes();
  ZoneFile& to = files_[request.destination];
  if (to.sequential) {
    set_size(to, to.size_bytes + copied_bytes);
    if (to.full()) to.zone_open = false;
    account_active(to);
  }
  if (!total.error) co_return copied_bytes;
  const bool cancelled = total.error->code() == EINTR;
  const bool refused_offload = options.mode == CopyMode::offload && total.fallback_reason.has_value();
  if (!cancelled) log_error(*total.error);
  if (!cancelled && !total.source_failed && !refused_offload) {
    co_await handle_io_error(request.destination, *total.error, true);
  }
  if (copied_bytes > 0) co_return copied_bytes;
  co_return Error(cancelled ? EINTR : device_errno(*total.error), total.source_failed ? "read" : "copy");
}

void FileSystem::count_copy(const CopyReport& report, CopyTally* tally) {
  const auto add = [&](auto& counters) {
    counters.bytes_offloaded += report.blocks_offloaded * block_size_bytes();
    counters.bytes_kernel += report.blocks_kernel * block_size_bytes();
    counters.bytes_emulated += report.blocks_emulated * block_size_bytes();
  };
  add(copied_);
  if (tally != nullptr) {
    add(*tally);
    if (report.fallback_reason) tally->not_offloaded_because = *report.fallback_reason;
  }
  if (report.blocks_emulated > 0) {
    ++copied_.copies_emulated;
  } else if (report.blocks_kernel > 0) {
    ++copied_.copies_kernel;
  } else if (report.blocks_offloaded > 0) {
    ++copied_.copies_offloaded;
  }
  if (!report.fallback_reason) return;
  if (*report.fallback_reason != copied_.last_fallback) {
    log_.write(Severity::info, "copy not offloaded: " + *report.fallback_reason);
  }
  copied_.last_fallback = *report.fallback_reason;
}

}  // namespace zonecopy::zonefs
