// The model's part about copy_file_range: section 7.4, and of the design "Errors that copy programs can live with".
#include <algorithm>
#include <cerrno>
#include <map>

#include "tests/model/reference_model.h"

namespace zonecopy::test {

/// The conditions that need no device, in their order; otherwise `length` is what is to be copied.
std::optional<Outcome> ReferenceModel::refuse_copy(const ReferenceModel& from, const ModelCopy& request,
                                                   std::uint64_t& length) const {
  const ModelFile& source = from.files_[request.source];
  const ModelFile& destination = files_[request.destination];
  if (destination.bad() || source.unreadable()) return Outcome{EPERM};
  if (read_only_) return Outcome{EROFS};
  if (request.destination_offset_bytes >= destination.capacity_bytes) return Outcome{EFBIG};
  if (from.block_size_bytes_ != block_size_bytes_ && rules_.blocks_must_match) return Outcome{EINVAL};
  if (request.source_offset_bytes >= source.length_bytes()) return Outcome{};
  length = std::min(request.length_bytes, source.length_bytes() - request.source_offset_bytes);
  if (length == 0) return Outcome{};
  const std::uint64_t room = destination.capacity_bytes - request.destination_offset_bytes;
  if (!rules_.copy_clips_to_capacity && length > room) return Outcome{EINVAL};
  length = std::min(length, room);
  const bool in_blocks =
      aligned(request.source_offset_bytes) && aligned(request.destination_offset_bytes) && aligned(length);
  if (options_.strict && !in_blocks) return Outcome{EINVAL};
  const std::uint64_t end = destination.data_end_bytes();
  const bool below = request.destination_offset_bytes < end;
  const bool beyond = request.destination_offset_bytes > end && (options_.strict || !rules_.gap_is_filled);
  if (destination.sequential && (below || beyond) && rules_.copy_at_write_pointer) return Outcome{EINVAL};
  const bool overlap = &from == this && request.source == request.destination &&
                       request.source_offset_bytes < request.destination_offset_bytes + length &&
                       request.destination_offset_bytes < request.source_offset_bytes + length;
  if (overlap) return Outcome{EINVAL};
  if (options_.copy.mode == CopyMode::offload && cannot_offload(from, request, length)) return Outcome{EIO};
  return std::nullopt;
}

/// Whether a part that is a block or more cannot be copied by the device alone.
bool ReferenceModel::cannot_offload(const ReferenceModel& from, const ModelCopy& request, std::uint64_t length) const {
  const bool offloads = device_->copy_route(*from.device_).path == CopyPath::offloaded;
  const std::uint64_t blocks = whole_blocks(from, request, length);
  const std::uint64_t left_behind = length - head_bytes(request, length) - blocks * block_size_bytes_;
  return (!offloads && blocks > 0) || left_behind >= block_size_bytes_;
}

/// Bytes up to the first whole block of the destination, where source and destination lie alike in their blocks.
std::uint64_t ReferenceModel::head_bytes(const ModelCopy& request, std::uint64_t length) const {
  const std::uint64_t into = request.destination_offset_bytes % block_size_bytes_;
  if (into == 0 || request.source_offset_bytes % block_size_bytes_ != into) return 0;
  return std::min(block_size_bytes_ - into, length);
}

/// The blocks of a copy that the device can copy.
std::uint64_t ReferenceModel::whole_blocks(const ReferenceModel& from, const ModelCopy& request,
                                           std::uint64_t length) const {
  const std::uint64_t into = request.destination_offset_bytes % block_size_bytes_;
  if (request.source_offset_bytes % block_size_bytes_ != into) return 0;
  const std::uint64_t head = head_bytes(request, length);
  const std::uint64_t from_bytes = request.source_offset_bytes + head;
  const std::uint64_t on_zone = from.files_[request.source].size_bytes;
  if (on_zone <= from_bytes) return 0;
  return std::min(length - head, on_zone - from_bytes) / block_size_bytes_;
}

Outcome ReferenceModel::copy_from(ReferenceModel& from, const DeviceSays& source_says, const ModelCopy& request,
                                  const DeviceSays& says, Choice choice) {
  std::uint64_t length = 0;
  if (const std::optional<Outcome> refused = refuse_copy(from, request, length)) return *refused;
  ModelFile& destination = files_[request.destination];
  destination.modification_time_ns.reset();
  const ModelPiece piece{&from, &source_says, request.source, request.source_offset_bytes, length};
  const std::span<const ModelPiece> pieces(&piece, 1);
  if (!says.all_well() || !source_says.all_well()) {
    return failed_copy(pieces, request.destination, request.destination_offset_bytes, says, choice);
  }
  const std::vector<std::byte> data = data_of(pieces, length);
  destination.emptied_to_bytes.reset();  // the harness copies through no open file
  fill_gap(destination, request.destination_offset_bytes);
  put(destination, request.destination_offset_bytes, data);
  return {0, 0, length};
}

/// The first `length` bytes of the pieces.
std::vector<std::byte> ReferenceModel::data_of(std::span<const ModelPiece> pieces, std::uint64_t length) const {
  std::vector<std::byte> data;
  for (const ModelPiece& piece : pieces) {
    const ReferenceModel& from = rules_.source_is_followed ? *piece.model : *this;
    const std::vector<std::byte>& content = from.files_[piece.file % from.files_.size()].content;
    const auto begin = content.begin() + static_cast<std::ptrdiff_t>(std::min(piece.offset_bytes, content.size()));
    const std::uint64_t there = static_cast<std::uint64_t>(content.end() - begin);
    const std::uint64_t taken = std::min({piece.length_bytes, length - data.size(), there});
    data.insert(data.end(), begin, begin + static_cast<std::ptrdiff_t>(taken));
  }
  if (!rules_.source_is_followed) data.resize(length);
  if (!rules_.copy_keeps_order) std::reverse(data.begin(), data.end());
  return data;
}

/// What was acknowledged from `offset_bytes` on, up to the first block that was not. (Writes to a conventional file are
/// under way beside each other: one behind the one that fails may succeed.)
std::uint64_t ReferenceModel::acknowledged_bytes(const ModelFile& destination, std::uint64_t offset_bytes,
                                                 const DeviceSays& says) const {
  std::map<Lba, std::uint64_t> blocks_at;
  for (const CommandRecord& record : says.log) {
    const bool writes =
        record.command == Command::write || record.command == Command::append || record.command == Command::copy;
    const bool here =
        record.zone >= destination.first_zone && record.zone < destination.first_zone + destination.zone_count;
    if (writes && here) blocks_at[record.lba] = std::max(blocks_at[record.lba], record.blocks_acknowledged);
  }
  const Lba start_lba = device_->info().zone_start(destination.first_zone) + offset_bytes / block_size_bytes_;
  Lba end_lba = start_lba;
  for (const auto& [lba, blocks] : blocks_at) {
    if (lba <= end_lba) end_lba = std::max(end_lba, lba + blocks);
  }
  return (end_lba - start_lba) * block_size_bytes_;
}

/// Something went wrong on a device: what was acknowledged counts, and the file that failed is looked after.
Outcome ReferenceModel::failed_copy(std::span<const ModelPiece> pieces, std::size_t number, std::uint64_t offset_bytes,
                                    const DeviceSays& says, Choice choice) {
  ModelFile& destination = files_[number];
  std::uint64_t length = 0;
  for (const ModelPiece& piece : pieces) length += piece.length_bytes;
  const std::uint64_t done = std::min(acknowledged_bytes(destination, offset_bytes, says), length);
  const CommandRecord* write_failure =
      says.failure({Command::write, Command::append, Command::copy}, destination.first_zone, destination.zone_count);
  const ModelPiece& suspect = pieces[choice.suspect % pieces.size()];
  ModelFile& source = suspect.model->files_[suspect.file];
  const CommandRecord* read_failure = suspect.says->failure({Command::read}, source.first_zone, source.zone_count);
  if (write_failure != nullptr && write_failure->side == CopySide::source) {
    read_failure = std::exchange(write_failure, nullptr);
  }
  const std::vector<std::byte> data = data_of(pieces, done);
  if (!destination.sequential) adopt(destination, offset_bytes, offset_bytes + length);
  put(destination, offset_bytes, data);
  if (done == length) return {0, 0, done};
  // A read ahead of a write that failed need not be looked after.
  const bool source_at_fault = read_failure != nullptr && (write_failure == nullptr || choice.handle_source);
  if (source_at_fault) suspect.model->handle_io_error(source, false, *suspect.says);
  if (source_at_fault && !rules_.errors_stay_apart) handle_io_error(destination, true, says);
  if (write_failure != nullptr) handle_io_error(destination, true, says);
  if (done > 0) return {0, 0, done};
  if (write_failure != nullptr) return {EIO, write_failure->code};
  if (read_failure != nullptr) return {EIO, read_failure->code};
  return {EIO};
}

}  // namespace zonecopy::test
