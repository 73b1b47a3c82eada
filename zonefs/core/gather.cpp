#include "zonefs/core/gather.h"

#include <algorithm>
#include <span>

#include "zonefs/core/foreground.h"

namespace zonecopy::zonefs {
namespace {

/// What others wait for a part of a gather in the background at most, with the pace's own waits. Bytes.
constexpr std::uint64_t background_part_bytes = 4U << 20;

void add(const CopyDone& part, CopyDone& all) {
  all.bytes += part.bytes;
  all.bytes_offloaded += part.bytes_offloaded;
  all.bytes_kernel += part.bytes_kernel;
  all.bytes_emulated += part.bytes_emulated;
  all.commands += part.commands;
  if (!part.not_offloaded_because.empty()) all.not_offloaded_because = part.not_offloaded_because;
}

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
  if (request.background) {
    const GatherAnswer answer = co_await gather_by_and_by(std::move(request), cancel);
    co_return answer;
  }
  const GatherAnswer answer = co_await gather_now(std::move(request), cancel);
  co_return answer;
}

/// In the background: in parts, between which others get the files that they wait for.
Task<GatherAnswer> Gatherer::gather_by_and_by(GatherRequest request, const CancelToken* cancel) {
  const std::uint64_t end_bytes = volume_.files.size_bytes(request.destination);
  const std::optional<GatherAnswer> refused = foreseen_refusal(request, end_bytes);
  if (refused) co_return tell(*refused);
  GatherAnswer all;
  all.offset_bytes = request.offset_bytes.value_or(end_bytes);
  const std::size_t fitting = pieces_that_fit(request, all.offset_bytes);
  std::vector<CopyPiece> left(request.pieces.begin(), request.pieces.begin() + static_cast<std::ptrdiff_t>(fitting));
  bool begun = false;
  while (total_bytes(left) != 0 && all.code == 0) {
    GatherRequest part = request;
    part.pieces = take_bytes(left, background_part_bytes);
    // Behind what this gather has written, and not behind what others have.
    if (begun) part.offset_bytes = all.offset_bytes + all.done.bytes;
    left = skip_bytes(left, background_part_bytes);
    const GatherAnswer answer = co_await gather_now(std::move(part), cancel);
    if (!begun) all.offset_bytes = answer.offset_bytes;
    begun = true;
    add(answer.done, all.done);
    all.code = answer.code;
  }
  tell_pieces(request.pieces, all);
  if (all.code == 0 && all.failed != request.pieces.size()) all.code = EFBIG;
  co_return all;
}

Task<GatherAnswer> Gatherer::gather_now(GatherRequest request, const CancelToken* cancel) {
  LockSet locks = co_await lock(request, cancel);
  if (!locks) co_return refused_gather(request, 0, EINTR);
  const std::uint64_t end_bytes = volume_.files.size_bytes(request.destination);
  const std::optional<GatherAnswer> refused = foreseen_refusal(request, end_bytes);
  if (refused) co_return tell(*refused);

  GatherAnswer answer;
  answer.offset_bytes = request.offset_bytes.value_or(end_bytes);
  CopyWork work = work_of(request, answer.offset_bytes);
  const std::size_t fitting = work.pieces.size();
  ForegroundOperation foreground;
  BackgroundPace pace;
  if (request.background) {
    pace.add(volume_);
    for (const CopyPiece& piece : request.pieces) pace.add(piece.on(volume_));
    work.pace = &pace;
  } else {
    foreground.add(volume_);
    for (const CopyPiece& piece : request.pieces) foreground.add(piece.on(volume_));
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

/// Why it was refused is told as of a copy that is: in the log, and as the mount's last reason.
GatherAnswer Gatherer::tell(const GatherAnswer& refused) {
  const std::string& reason = refused.done.not_offloaded_because;
  if (!reason.empty()) worker_.accounts().note_reason(reason);
  return refused;
}

/// Writes to a conventional file need no order, unless a part of a block is written or it was emptied. A gather that is long
/// must not keep the kernel from writing back a mapping of its destination, for which others may wait.
KeyedLocks::Mode Gatherer::destination_mode(const GatherRequest& request) const {
  const ZoneFiles& files = volume_.files;
  bool beside = !files[request.destination].sequential && !volume_.emptied.written_bytes(request.destination) &&
                files.whole_blocks(request.offset_bytes.value_or(0));
  for (const CopyPiece& piece : request.pieces) {
    beside = beside && files.whole_blocks(piece.offset_bytes) && files.whole_blocks(piece.length_bytes);
  }
  return beside ? KeyedLocks::Mode::write_beside : KeyedLocks::Mode::write;
}

Task<LockSet> Gatherer::lock(const GatherRequest& request, const CancelToken* cancel) {
  std::vector<LockSet::Request> wanted;
  wanted.reserve(request.pieces.size() + 1);
  for (const CopyPiece& piece : request.pieces) {
    wanted.push_back(LockSet::Request{&piece.on(volume_).locks, piece.source, KeyedLocks::Mode::read});
  }
  const KeyedLocks::Mode mode = destination_mode(request);
  wanted.push_back(LockSet::Request{&volume_.locks, request.destination, mode});
  LockSet locks = co_await LockSet::acquire(wanted, cancel);
  if (locks && mode != KeyedLocks::Mode::write && destination_mode(request) == KeyedLocks::Mode::write) {
    locks.release();  // it was emptied while this waited
    wanted.back().mode = KeyedLocks::Mode::write;
    locks = co_await LockSet::acquire(std::move(wanted), cancel);
  }
  co_return locks;
}

/// The errno for a destination that cannot be written in this way; 0 if it can.
int Gatherer::objection_to_destination(const GatherRequest& request, std::uint64_t end_bytes) const {
  const ZoneFile& to = volume_.files[request.destination];
  if (request.through == nullptr || !request.through->writable) return EBADF;
  if (to.immutable()) return EPERM;
  if (volume_.read_only()) return EROFS;
  if (request.only_offload && volume_.options.copy.mode == CopyMode::emulate) return EIO;  // the mount forbids it
  if (to.sequential && request.offset_bytes.value_or(end_bytes) != end_bytes) return EINVAL;
  if (!to.sequential && !request.offset_bytes) return EINVAL;
  const bool whole_blocks = volume_.files.whole_blocks(request.offset_bytes.value_or(end_bytes));
  return volume_.options.strict && !whole_blocks ? EINVAL : 0;
}

/// The errno for a piece that cannot be read; 0 if it can.
int Gatherer::objection_to_piece(const CopyPiece& piece) const {
  const Volume& source = piece.on(volume_);
  if (source.files[piece.source].unreadable()) return EPERM;
  if (source.files.block_size_bytes() != volume_.files.block_size_bytes()) return EINVAL;
  const std::uint64_t size_bytes = source.files.size_bytes(piece.source);
  if (piece.offset_bytes > size_bytes || piece.length_bytes > size_bytes - piece.offset_bytes) return EINVAL;
  const bool whole_blocks =
      volume_.files.whole_blocks(piece.offset_bytes) && volume_.files.whole_blocks(piece.length_bytes);
  return volume_.options.strict && !whole_blocks ? EINVAL : 0;
}

/// The copy of the pieces that fit whole.
CopyWork Gatherer::work_of(const GatherRequest& request, std::uint64_t offset_bytes) const {
  const auto fitting = static_cast<std::ptrdiff_t>(pieces_that_fit(request, offset_bytes));
  CopyWork work;
  work.pieces.assign(request.pieces.begin(), request.pieces.begin() + fitting);
  work.destination = request.destination;
  work.destination_offset_bytes = offset_bytes;
  work.through = request.through;
  work.mode = mode_of(request);
  return work;
}

/// Where it has to be offloaded and cannot be.
std::optional<GatherAnswer> Gatherer::refusal_to_offload(const GatherRequest& request, std::uint64_t end_bytes) const {
  if (mode_of(request) != CopyMode::offload) return std::nullopt;
  const CopyWork work = work_of(request, request.offset_bytes.value_or(end_bytes));
  std::optional<std::string> reason = worker_.refusal(work);
  if (!reason) return std::nullopt;
  const auto first =
      std::ranges::find_if(request.pieces, [](const CopyPiece& piece) { return piece.length_bytes != 0; });
  GatherAnswer answer = refused_gather(request, static_cast<std::size_t>(first - request.pieces.begin()), EIO);
  answer.done.not_offloaded_because = std::move(*reason);
  return answer;
}

std::optional<GatherAnswer> Gatherer::foreseen_refusal(const GatherRequest& request, std::uint64_t end_bytes) const {
  const std::optional<Refusal> refused = refusal(request, end_bytes);
  if (!refused) return refusal_to_offload(request, end_bytes);
  GatherAnswer answer = refused_gather(request, refused->piece, refused->code);
  if (refused->piece >= request.pieces.size()) return answer;
  const Volume& source = request.pieces[refused->piece].on(volume_);
  if (source.info().block_size_bytes != volume_.info().block_size_bytes) {
    answer.done.not_offloaded_because = different_blocks(source, volume_);
  }
  return answer;
}

std::optional<Gatherer::Refusal> Gatherer::refusal(const GatherRequest& request, std::uint64_t end_bytes) const {
  const int objection = objection_to_destination(request, end_bytes);
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
    const bool same = &pieces[i].on(volume_) == &volume_ && pieces[i].source == request.destination;
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
