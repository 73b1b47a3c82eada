// The model's part about copy_file_range: section 7.4, and of the design "Errors that copy programs can live with".
#include <algorithm>
#include <cerrno>

#include "tests/model/reference_model.h"

namespace zonecopy::test {

/// The conditions that need no device, in their order; otherwise `length` is what is to be copied.
std::optional<Outcome> ReferenceModel::refuse_copy(const ModelCopy& request, std::uint64_t& length) const {
  const ModelFile& source = files_[request.source];
  const ModelFile& destination = files_[request.destination];
  if (destination.bad() || source.unreadable()) return Outcome{EPERM};
  if (read_only_) return Outcome{EROFS};
  if (request.destination_offset_bytes >= destination.capacity_bytes) return Outcome{EFBIG};
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
  const bool overlap = request.source == request.destination &&
                       request.source_offset_bytes < request.destination_offset_bytes + length &&
                       request.destination_offset_bytes < request.source_offset_bytes + length;
  if (overlap) return Outcome{EINVAL};
  const bool offloads = device_->info().copy_limits.available() && device_->info().copy_moves_data.empty();
  const bool must_offload = options_.copy.mode == CopyMode::offload;
  if (must_offload && !offloads && whole_blocks(request, length) > 0) return Outcome{EIO};
  const std::uint64_t left_behind =
      length - head_bytes(request, length) - whole_blocks(request, length) * block_size_bytes_;
  if (must_offload && left_behind >= block_size_bytes_) return Outcome{EIO};
  return std::nullopt;
}

/// Bytes up to the first whole block of the destination, where source and destination lie alike in their blocks.
std::uint64_t ReferenceModel::head_bytes(const ModelCopy& request, std::uint64_t length) const {
  const std::uint64_t into = request.destination_offset_bytes % block_size_bytes_;
  if (into == 0 || request.source_offset_bytes % block_size_bytes_ != into) return 0;
  return std::min(block_size_bytes_ - into, length);
}

/// The blocks of a copy that the device can copy.
std::uint64_t ReferenceModel::whole_blocks(const ModelCopy& request, std::uint64_t length) const {
  const std::uint64_t into = request.destination_offset_bytes % block_size_bytes_;
  if (request.source_offset_bytes % block_size_bytes_ != into) return 0;
  const std::uint64_t head = head_bytes(request, length);
  const std::uint64_t from = request.source_offset_bytes + head;
  const std::uint64_t on_zone = files_[request.source].size_bytes;
  if (on_zone <= from) return 0;
  return std::min(length - head, on_zone - from) / block_size_bytes_;
}

Outcome ReferenceModel::copy(const ModelCopy& request, const DeviceSays& says, Choice choice) {
  std::uint64_t length = 0;
  if (const std::optional<Outcome> refused = refuse_copy(request, length)) return *refused;
  ModelFile& destination = files_[request.destination];
  destination.modification_time_ns.reset();
  if (!says.all_well()) return failed_copy(request, length, says, choice);
  std::vector<std::byte> data(length);
  const auto from = files_[request.source].content.begin() + static_cast<std::ptrdiff_t>(request.source_offset_bytes);
  std::copy_n(from, length, data.begin());
  if (!rules_.copy_keeps_order) std::reverse(data.begin(), data.end());
  destination.emptied_to_bytes.reset();  // the harness copies through no open file
  fill_gap(destination, request.destination_offset_bytes);
  put(destination, request.destination_offset_bytes, data);
  return {0, 0, length};
}

/// Something went wrong on the device: what was acknowledged counts, and the file that failed is looked after.
Outcome ReferenceModel::failed_copy(const ModelCopy& request, std::uint64_t length, const DeviceSays& says,
                                    Choice choice) {
  ModelFile& source = files_[request.source];
  ModelFile& destination = files_[request.destination];
  std::uint64_t done = 0;
  for (const CommandRecord& record : says.log) {
    const bool writes =
        record.command == Command::write || record.command == Command::append || record.command == Command::copy;
    const bool here =
        record.zone >= destination.first_zone && record.zone < destination.first_zone + destination.zone_count;
    if (writes && here) done += record.blocks_acknowledged * block_size_bytes_;
  }
  done = std::min(done, length);
  const auto from = source.content.begin() + static_cast<std::ptrdiff_t>(request.source_offset_bytes);
  const std::vector<std::byte> data(from, from + static_cast<std::ptrdiff_t>(done));
  const CommandRecord* write_failure =
      says.failure({Command::write, Command::append, Command::copy}, destination.first_zone, destination.zone_count);
  const CommandRecord* read_failure = says.failure({Command::read}, source.first_zone, source.zone_count);
  if (write_failure != nullptr && write_failure->side == CopySide::source) {
    read_failure = std::exchange(write_failure, nullptr);
  }
  if (!destination.sequential) {
    adopt(destination, request.destination_offset_bytes, request.destination_offset_bytes + length);
  }
  put(destination, request.destination_offset_bytes, data);
  if (done == length) return {0, 0, done};
  // A read ahead of a write that failed need not be looked after.
  const bool source_at_fault = read_failure != nullptr && (write_failure == nullptr || choice.handle_source);
  if (source_at_fault) handle_io_error(source, false, says);
  if (write_failure != nullptr) handle_io_error(destination, true, says);
  if (done > 0) return {0, 0, done};
  if (write_failure != nullptr) return {EIO, write_failure->code};
  if (read_failure != nullptr) return {EIO, read_failure->code};
  return {EIO};
}

}  // namespace zonecopy::test
