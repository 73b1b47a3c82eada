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
  if (request.source_offset_bytes >= source.size_bytes) return Outcome{};
  length = std::min(request.length_bytes, source.size_bytes - request.source_offset_bytes);
  if (length == 0) return Outcome{};
  const std::uint64_t room = destination.capacity_bytes - request.destination_offset_bytes;
  if (!rules_.copy_clips_to_capacity && length > room) return Outcome{EINVAL};
  length = std::min(length, room);
  const bool in_blocks =
      aligned(request.source_offset_bytes) && aligned(request.destination_offset_bytes) && aligned(length);
  if (!in_blocks) return Outcome{EINVAL};
  const bool at_end = request.destination_offset_bytes == destination.size_bytes;
  if (destination.sequential && !at_end && rules_.copy_at_write_pointer) return Outcome{EINVAL};
  const bool overlap = request.source == request.destination &&
                       request.source_offset_bytes < request.destination_offset_bytes + length &&
                       request.destination_offset_bytes < request.source_offset_bytes + length;
  if (overlap) return Outcome{EINVAL};
  const bool offloads = device_->info().copy_limits.available() && device_->info().copy_moves_data.empty();
  if (options_.copy.mode == CopyMode::offload && !offloads) return Outcome{EIO};
  return std::nullopt;
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
