#include "tools/supervise/clone_plan.h"

#include <cerrno>

namespace zonecopy::supervise {
namespace {

int check_files(const CloneFile& source, const CloneDestination& destination) {
  if (source.device_number != destination.device_number) return EXDEV;
  if (source.is_directory) return EISDIR;
  if (!source.is_regular) return EINVAL;
  if (!source.readable || !destination.writable || destination.appends) return EBADF;
  return destination.read_only ? EROFS : 0;
}

/// Fills in the length.
int check_source_range(const CloneFile& source, CloneRange& range) {
  if (range.source_offset_bytes > source.size_bytes) return EINVAL;
  const std::uint64_t rest_bytes = source.size_bytes - range.source_offset_bytes;
  if (range.length_bytes == 0) range.length_bytes = rest_bytes;
  return range.length_bytes > rest_bytes ? EINVAL : 0;
}

bool overlap(const CloneRange& range) {
  const bool forwards = range.source_offset_bytes < range.destination_offset_bytes;
  const std::uint64_t apart_bytes = forwards ? range.destination_offset_bytes - range.source_offset_bytes
                                             : range.source_offset_bytes - range.destination_offset_bytes;
  return apart_bytes < range.length_bytes;
}

int check_destination_range(const CloneDestination& destination, const CloneRange& range) {
  const std::uint64_t block_bytes = destination.block_size_bytes;
  const std::uint64_t at_bytes = range.destination_offset_bytes;
  const bool whole_blocks = range.source_offset_bytes % block_bytes == 0 && at_bytes % block_bytes == 0 &&
                            range.length_bytes % block_bytes == 0;
  if (!whole_blocks) return EINVAL;
  const std::uint64_t end_bytes = destination.truncation_owed ? 0 : destination.size_bytes;
  if (destination.sequential && at_bytes != end_bytes) return EINVAL;
  const bool fits =
      at_bytes <= destination.capacity_bytes && range.length_bytes <= destination.capacity_bytes - at_bytes;
  return fits ? 0 : ENOSPC;
}

ClonePlan refusal(int code) {
  ClonePlan plan;
  plan.code = code;
  return plan;
}

}  // namespace

ClonePlan plan_clone(const CloneFile& source, bool source_is_empty, const CloneDestination& destination,
                     CloneRange range) {
  const bool whole = range.source_offset_bytes == 0 && range.destination_offset_bytes == 0 && range.length_bytes == 0;
  ClonePlan plan;
  plan.truncates = destination.truncation_owed;
  plan.can_undo = destination.sequential && (destination.truncation_owed || destination.size_bytes == 0);
  const bool same_file = source.device_number == destination.device_number && source.inode == destination.inode;
  if (same_file && destination.truncation_owed) return refusal(EINVAL);  // what it would copy is what is to go
  if (whole && source_is_empty && destination.truncation_owed && destination.writable) return plan;
  if (const int code = check_files(source, destination); code != 0) return refusal(code);
  if (const int code = check_source_range(source, range); code != 0) return refusal(code);
  plan.range = range;
  if (range.length_bytes == 0) return plan;
  if (const int code = check_destination_range(destination, range); code != 0) return refusal(code);
  if (same_file && overlap(range)) return refusal(EINVAL);
  return plan;
}

}  // namespace zonecopy::supervise
