#include "zonefs/core/copy.h"

#include <algorithm>

#include "zonefs/core/foreground.h"

namespace zonecopy::zonefs {

Task<Result<std::uint64_t>> Copier::copy_range(CopyRequest request, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  // Reads of both files may run beside the copy. So may writes to the source, as they are above the range that is
  // copied.
  std::vector<LockSet::Request> lock_requests;
  Volume& source = request.from(volume_);
  lock_requests.push_back(LockSet::Request{&source.locks, request.source, KeyedLocks::Mode::read});
  lock_requests.push_back(LockSet::Request{&volume_.locks, request.destination, KeyedLocks::Mode::write});
  LockSet locks = co_await LockSet::acquire(std::move(lock_requests), cancel);
  if (!locks) co_return volume_.make_error(EINTR, "copy", request.destination);
  ForegroundOperation foreground;
  foreground.add(source);
  foreground.add(volume_);
  const Result<CopyRequest> clipped = clip(request, volume_.files.data_end_bytes(request.destination));
  if (!clipped) co_return told(clipped.error());
  if (clipped->length_bytes == 0) co_return std::uint64_t{0};
  const CopyDone done = co_await worker_.run(work_of(*clipped), locks, cancel);
  if (done.bytes == 0 && done.error) co_return *done.error;
  co_return done.bytes;
}

CopyWork Copier::work_of(const CopyRequest& clipped) const {
  CopyWork work;
  work.pieces.push_back(
      CopyPiece{clipped.source, clipped.source_offset_bytes, clipped.length_bytes, clipped.source_volume});
  work.destination = clipped.destination;
  work.destination_offset_bytes = clipped.destination_offset_bytes;
  work.through = clipped.through;
  work.mode = volume_.options.copy.mode;
  return work;
}

/// Where there is a reason in words, it goes to the log, and is kept as the mount's last one.
Error Copier::told(const Error& refused) {
  if (!refused.detail().empty()) worker_.accounts().note_reason(refused.detail());
  return refused;
}

std::optional<Error> Copier::foreseen_refusal(const CopyRequest& request) {
  const Result<CopyRequest> clipped = clip(request, 0);
  if (!clipped) return told(clipped.error());
  if (clipped->length_bytes == 0) return std::nullopt;
  const std::optional<std::string> refused = worker_.refusal(work_of(*clipped));
  if (!refused) return std::nullopt;
  return told(volume_.make_error(EIO, "copy", request.destination, *refused));
}

/// `end_bytes`: of what the destination has, where that is sequential.
Result<CopyRequest> Copier::clip(CopyRequest request, std::uint64_t end_bytes) const {
  const Volume& source = request.from(volume_);
  const ZoneFile& from = source.files[request.source];
  const ZoneFile& to = volume_.files[request.destination];
  const auto make_error = [&](int code) { return volume_.make_error(code, "copy", request.destination); };
  if (to.immutable() || from.unreadable()) return make_error(EPERM);
  if (volume_.read_only()) return make_error(EROFS);
  if (request.destination_offset_bytes >= to.capacity_bytes) return make_error(EFBIG);
  if (source.files.block_size_bytes() != volume_.files.block_size_bytes()) {
    return volume_.make_error(EINVAL, "copy", request.destination, different_blocks(source, volume_));
  }
  const std::uint64_t source_size_bytes = source.files.size_bytes(request.source);
  if (request.source_offset_bytes >= source_size_bytes) {
    request.length_bytes = 0;  // the end of the source
    return request;
  }
  request.length_bytes = std::min({request.length_bytes, source_size_bytes - request.source_offset_bytes,
                                   to.capacity_bytes - request.destination_offset_bytes, copy_max_bytes});
  if (request.length_bytes == 0) return request;
  const bool strict = volume_.options.strict;
  if (strict && !aligned(request)) return make_error(EINVAL);
  const bool below_end = request.destination_offset_bytes < end_bytes;
  if (to.sequential && (below_end || (strict && request.destination_offset_bytes != end_bytes))) {
    return make_error(EINVAL);
  }
  const bool overlap = &source == &volume_ && request.source == request.destination &&
                       request.source_offset_bytes < request.destination_offset_bytes + request.length_bytes &&
                       request.destination_offset_bytes < request.source_offset_bytes + request.length_bytes;
  if (overlap) return make_error(EINVAL);
  return request;
}

bool Copier::aligned(const CopyRequest& request) const {
  const ZoneFiles& files = volume_.files;
  return files.whole_blocks(request.source_offset_bytes) && files.whole_blocks(request.destination_offset_bytes) &&
         files.whole_blocks(request.length_bytes);
}

}  // namespace zonecopy::zonefs
