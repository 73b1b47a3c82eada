// The model's part about gathers: zonecopy-ioctl(4), ZONECOPY_IOC_GATHER. Pieces may be on any device of the mount.
#include <algorithm>
#include <cerrno>
#include <numeric>

#include "tests/model/reference_model.h"

namespace zonecopy::test {

namespace {

std::uint64_t total_bytes(std::span<const ModelPiece> pieces) {
  const auto add = [](std::uint64_t sum, const ModelPiece& piece) { return sum + piece.length_bytes; };
  return std::accumulate(pieces.begin(), pieces.end(), std::uint64_t{0}, add);
}

/// Index of the first piece that `bytes` do not fill.
std::size_t first_missing(std::span<const ModelPiece> pieces, std::uint64_t bytes) {
  std::size_t index = 0;
  for (; index < pieces.size() && pieces[index].length_bytes <= bytes; ++index) bytes -= pieces[index].length_bytes;
  return index;
}

}  // namespace

int ReferenceModel::objection_to_destination(const ModelGather& request) const {
  const ModelFile& to = files_[request.destination];
  if (to.bad()) return EPERM;
  if (read_only_) return EROFS;
  if (request.only_offload && options_.copy.mode == CopyMode::emulate) return EIO;
  if (to.sequential && request.offset_bytes.value_or(to.length_bytes()) != to.length_bytes()) return EINVAL;
  if (!to.sequential && !request.offset_bytes) return EINVAL;
  return options_.strict && !aligned(request.offset_bytes.value_or(to.length_bytes())) ? EINVAL : 0;
}

int ReferenceModel::objection_to_piece(const ModelPiece& piece) const {
  const ModelFile& source = piece.model->files_[piece.file];
  if (source.unreadable()) return EPERM;
  if (piece.model->block_size_bytes_ != block_size_bytes_ && rules_.blocks_must_match) return EINVAL;
  if (piece.offset_bytes + piece.length_bytes > source.length_bytes()) return EINVAL;
  return options_.strict && !(aligned(piece.offset_bytes) && aligned(piece.length_bytes)) ? EINVAL : 0;
}

std::size_t ReferenceModel::pieces_that_fit(const ModelGather& request, std::uint64_t offset_bytes) const {
  const std::uint64_t capacity_bytes = files_[request.destination].capacity_bytes;
  const std::uint64_t room_bytes = capacity_bytes - std::min(offset_bytes, capacity_bytes);
  std::size_t fitting = 0;
  while (fitting < request.pieces.size()) {
    if (total_bytes(std::span(request.pieces).first(fitting + 1)) > room_bytes) break;
    ++fitting;
  }
  return fitting;
}

std::optional<GatherOutcome> ReferenceModel::refuse_gather(const ModelGather& request) const {
  if (const int code = objection_to_destination(request)) return GatherOutcome{{code}, 0};
  for (std::size_t at = 0; at < request.pieces.size(); ++at) {
    if (const int code = objection_to_piece(request.pieces[at])) return GatherOutcome{{code}, at};
  }
  if (files_[request.destination].sequential) return std::nullopt;
  const std::uint64_t begin = *request.offset_bytes;
  const std::span<const ModelPiece> fitting =
      std::span(request.pieces).first(pieces_that_fit(request, *request.offset_bytes));
  const std::uint64_t end = begin + total_bytes(fitting);
  for (std::size_t at = 0; at < fitting.size(); ++at) {
    const ModelPiece& piece = fitting[at];
    const bool same = piece.model == this && piece.file == request.destination && piece.length_bytes != 0;
    if (same && piece.offset_bytes < end && begin < piece.offset_bytes + piece.length_bytes) {
      return GatherOutcome{{EINVAL}, at};
    }
  }
  return std::nullopt;
}

/// Whether nothing may be begun, as a part is not for the device alone.
bool ReferenceModel::must_not_offload(std::span<const ModelPiece> pieces, const ModelGather& request,
                                      std::uint64_t offset_bytes) const {
  if (!request.only_offload && options_.copy.mode != CopyMode::offload) return false;
  for (const ModelPiece& piece : pieces) {
    const ModelCopy copy{piece.file, piece.offset_bytes, request.destination, offset_bytes, piece.length_bytes};
    if (cannot_offload(*piece.model, copy, piece.length_bytes)) return true;
    offset_bytes += piece.length_bytes;
  }
  return false;
}

GatherOutcome ReferenceModel::gather(const ModelGather& request, const DeviceSays& says, Choice choice) {
  if (const std::optional<GatherOutcome> refused = refuse_gather(request)) return *refused;
  ModelFile& destination = files_[request.destination];
  const std::uint64_t offset_bytes = request.offset_bytes.value_or(destination.length_bytes());
  const std::span<const ModelPiece> fitting = std::span(request.pieces).first(pieces_that_fit(request, offset_bytes));
  const std::uint64_t length = total_bytes(fitting);
  const int full = fitting.size() < request.pieces.size() ? EFBIG : 0;
  if (length == 0) return {{full}, first_missing(request.pieces, 0)};
  if (must_not_offload(fitting, request, offset_bytes)) return {{EIO}, first_missing(request.pieces, 0)};
  destination.modification_time_ns.reset();
  const bool sources_well =
      std::all_of(fitting.begin(), fitting.end(), [](const ModelPiece& piece) { return piece.says->all_well(); });
  if (!says.all_well() || !sources_well) {
    const Outcome failed = failed_copy(fitting, request.destination, offset_bytes, says, choice);
    const std::size_t missing = first_missing(request.pieces, failed.bytes);
    if (failed.bytes == length) return {{full, 0, length}, missing};
    return {{failed.error == 0 ? EIO : failed.error, failed.also_accepted, failed.bytes}, missing};
  }
  const std::vector<std::byte> data = data_of(fitting, length);
  fill_gap(destination, offset_bytes);
  put(destination, offset_bytes, data);
  return {{full, 0, length}, first_missing(request.pieces, length)};
}

}  // namespace zonecopy::test
