#include "zonefs/core/gather.h"

#include <algorithm>
#include <span>

namespace zonecopy::zonefs {
namespace {

/// Tells how much of each piece was copied, and which is the first that was not copied whole.
void tell_pieces(const std::vector<CopyPiece>& pieces, GatherAnswer& answer) {
  std::uint64_t left_bytes = answer.done.bytes;
  answer.failed = pieces.size();
  answer.copied_bytes.reserve(pieces.size());
  for (const CopyPiece& piece : pieces) {
    const std::uint64_t copied_bytes = std::min(left_bytes, piece.length_bytes);
    left_bytes -= copied_bytes;
    if (copied_bytes < piece.length_bytes) answer.failed = std::min(answer.failed, answer.copied_bytes.size());
    answer.copied_bytes.push_back(copied_bytes);
  }
}

bool overlap(const CopyPiece& piece, std::uint64_t begin_bytes, std::uint64_t length_bytes) {
  return piece.length_bytes != 0 && piece.offset_bytes < begin_bytes + length_bytes &&
         begin_bytes < piece.offset_bytes + piece.length_bytes;
}

}  // namespace

GatherAnswer refused_gather(const GatherRequest& request, std::size_t failed, int code) {
  GatherAnswer answer;
  answer.copied_bytes.assign(request.pieces.size(), 0);
  answer.failed = failed;
  answer.code = code;
  return answer;
}

Task<GatherAnswer> Gatherer::gather(GatherRequest request, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  std::vector<LockSet::Request> lock_requests;
  lock_requests.reserve(request.pieces.size() + 1);
  for (const CopyPiece& piece : request.pieces) {
    lock_requests.push_back(LockSet::Request{piece.source, KeyedLocks::Mode::read});
  }
  lock_requests.push_back(LockSet::Request{request.destination, KeyedLocks::Mode::write});
  LockSet locks = co_await LockSet::acquire(volume_.locks, std::move(lock_requests), cancel);
  if (!locks) co_return refused_gather(request, 0, EINTR);
  const std::optional<Refusal> refused = refusal(request);
  if (refused) co_return refused_gather(request, refused->piece, refused->code);

  GatherAnswer answer;
  answer.offset_bytes = request.offset_bytes.value_or(volume_.files.size_bytes(request.destination));
  const std::size_t fitting = pieces_that_fit(request, answer.offset_bytes);
  CopyWork work;
  work.pieces.assign(request.pieces.begin(), request.pieces.begin() + static_cast<std::ptrdiff_t>(fitting));
  work.destination = request.destination;
  work.destination_offset_bytes = answer.offset_bytes;
  work.through = request.through;
  work.mode = request.only_offload ? CopyMode::offload : volume_.options.copy.mode;
  std::optional<ForegroundFirst::Operation> foreground;
  if (request.background) {
    work.pace = &volume_.background;
  } else {
    foreground.emplace(volume_.background);
  }
  if (total_bytes(work.pieces) != 0) answer.done = co_await worker_.run(std::move(work), locks, cancel);
  tell_pieces(request.pieces, answer);
  if (answer.done.error) {
    answer.code = answer.done.error->code();
  } else if (answer.failed != request.pieces.size()) {
    answer.code = answer.failed >= fitting ? EFBIG : EIO;
  }
  co_return answer;
}

/// The errno for a destination that cannot be written in this way; 0 if it can.
int Gatherer::objection_to_destination(const GatherRequest& request) const {
  const ZoneFile& to = volume_.files[request.destination];
  if (request.through == nullptr || !request.through->writable) return EBADF;
  if (to.immutable()) return EPERM;
  if (volume_.read_only()) return EROFS;
  const std::uint64_t end_bytes = volume_.files.size_bytes(request.destination);
  if (to.sequential && request.offset_bytes.value_or(end_bytes) != end_bytes) return EINVAL;
  if (!to.sequential && !request.offset_bytes) return EINVAL;
  const bool whole_blocks = volume_.files.whole_blocks(request.offset_bytes.value_or(end_bytes));
  return volume_.options.strict && !whole_blocks ? EINVAL : 0;
}

/// The errno for a piece that cannot be read; 0 if it can.
int Gatherer::objection_to_piece(const CopyPiece& piece) const {
  if (volume_.files[piece.source].unreadable()) return EPERM;
  const std::uint64_t size_bytes = volume_.files.size_bytes(piece.source);
  if (piece.offset_bytes > size_bytes || piece.length_bytes > size_bytes - piece.offset_bytes) return EINVAL;
  const bool whole_blocks =
      volume_.files.whole_blocks(piece.offset_bytes) && volume_.files.whole_blocks(piece.length_bytes);
  return volume_.options.strict && !whole_blocks ? EINVAL : 0;
}

std::optional<Gatherer::Refusal> Gatherer::refusal(const GatherRequest& request) const {
  const int objection = objection_to_destination(request);
  if (objection != 0) return Refusal{0, objection};
  const std::vector<CopyPiece>& pieces = request.pieces;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const int code = objection_to_piece(pieces[i]);
    if (code != 0) return Refusal{i, code};
  }
  if (volume_.files[request.destination].sequential) return std::nullopt;  // what is in the file is in front of its end
  const std::size_t fitting = pieces_that_fit(request, *request.offset_bytes);
  const std::uint64_t length_bytes = total_bytes(std::span(pieces).first(fitting));
  for (std::size_t i = 0; i < fitting; ++i) {
    const bool same = pieces[i].source == request.destination;
    if (same && overlap(pieces[i], *request.offset_bytes, length_bytes)) return Refusal{i, EINVAL};
  }
  return std::nullopt;
}

/// How many of the pieces, from the first on, fit whole into the destination.
std::size_t Gatherer::pieces_that_fit(const GatherRequest& request, std::uint64_t offset_bytes) const {
  const std::uint64_t capacity_bytes = volume_.files[request.destination].capacity_bytes;
  std::uint64_t room_bytes = capacity_bytes - std::min(offset_bytes, capacity_bytes);
  std::size_t fitting = 0;
  for (const CopyPiece& piece : request.pieces) {
    if (piece.length_bytes > room_bytes) break;
    room_bytes -= piece.length_bytes;
    ++fitting;
  }
  return fitting;
}

}  // namespace zonecopy::zonefs
