#include "src/gather/checks.h"

#include <fmt/format.h>

#include <limits>

namespace zonecopy::gather {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

Error range_error(std::size_t number, const GatherFile& file, const std::string& detail) {
  return Error(EINVAL, "gather", fmt::format("range {} {}", number, detail)).on_device(file.name());
}

Error destination_error(const OpenFile& destination, int code, std::string detail) {
  return destination.make_error(code, std::move(detail));
}

Status check_blocks(const OpenFile& destination, const FileFacts& facts, std::uint64_t offset_bytes,
                    std::uint64_t total_bytes) {
  const std::uint64_t block_bytes = facts.block_size_bytes;
  if (!facts.whole_blocks || (offset_bytes % block_bytes == 0 && total_bytes % block_bytes == 0)) return {};
  return destination_error(destination, EINVAL,
                           fmt::format("it takes whole blocks of {} bytes only: {} bytes to offset {} are none",
                                       block_bytes, total_bytes, offset_bytes));
}

}  // namespace

Status check_range(std::size_t number, const GatherRange& range, const FileFacts& facts) {
  if (range.offset_bytes > facts.size_bytes || range.length_bytes > facts.size_bytes - range.offset_bytes) {
    return range_error(number, *range.file,
                       fmt::format("is not in the file: {} bytes from offset {} on, and the data ends at {}",
                                   range.length_bytes, range.offset_bytes, facts.size_bytes));
  }
  return {};
}

Result<std::uint64_t> total_length(std::span<const GatherRange> ranges) {
  std::uint64_t total_bytes = 0;
  for (std::size_t number = 0; number < ranges.size(); ++number) {
    if (ranges[number].length_bytes > no_limit - total_bytes) {
      return range_error(number, *ranges[number].file, "makes the ranges longer than any file can be");
    }
    total_bytes += ranges[number].length_bytes;
  }
  return total_bytes;
}

Result<std::uint64_t> place_in(const OpenFile& destination, const FileFacts& facts,
                               std::optional<std::uint64_t> offset_bytes, std::uint64_t total_bytes) {
  const bool fixed_size = !facts.sequential && facts.capacity_bytes != no_limit;
  if (fixed_size && !offset_bytes) {
    return destination_error(destination, EINVAL,
                             "a conventional zone has no write pointer: say at which offset to write in it");
  }
  const std::uint64_t offset = offset_bytes.value_or(facts.size_bytes);
  if (facts.sequential && offset != facts.size_bytes) {
    return destination_error(destination, EINVAL,
                             fmt::format("offset {} is wrong: a sequential zone is written at its write pointer, {}",
                                         offset, facts.size_bytes));
  }
  if (facts.appends && offset != facts.size_bytes) {
    return destination_error(
        destination, EINVAL,
        fmt::format("it was opened with O_APPEND, and is written at its end only, which is not {}", offset));
  }
  const std::uint64_t room_bytes = facts.capacity_bytes - std::min(offset, facts.capacity_bytes);
  if (total_bytes > room_bytes) {
    const std::string full = facts.sequential && room_bytes == 0 ? ": the zone is full; reset it, or name another" : "";
    return destination_error(destination, EFBIG,
                             fmt::format("{} bytes do not fit: from offset {} on there is room for {}{}", total_bytes,
                                         offset, room_bytes, full));
  }
  const Status whole = check_blocks(destination, facts, offset, total_bytes);
  if (!whole) return whole.error();
  return offset;
}

Status check_apart(std::size_t number, const GatherRange& range, const GatherFile& destination,
                   std::uint64_t offset_bytes, std::uint64_t total_bytes) {
  if (range.length_bytes == 0 || total_bytes == 0 || !range.file->same_as(destination)) return {};
  const bool apart = range.offset_bytes >= offset_bytes ? range.offset_bytes - offset_bytes >= total_bytes
                                                        : offset_bytes - range.offset_bytes >= range.length_bytes;
  if (apart) return {};
  return range_error(number, *range.file,
                     fmt::format("overlaps with what would be written: it has {} bytes from offset {} on, and {} bytes "
                                 "would go to offset {} of the same file",
                                 range.length_bytes, range.offset_bytes, total_bytes, offset_bytes));
}

Status check_different(std::span<const GatherDestination> destinations) {
  for (std::size_t second = 1; second < destinations.size(); ++second) {
    for (std::size_t first = 0; first < second; ++first) {
      if (!destinations[first].file->same_as(*destinations[second].file)) continue;
      return Error(EINVAL, "gather", fmt::format("destinations {} and {} are the same file", first, second))
          .on_device(destinations[second].file->name());
    }
  }
  return {};
}

}  // namespace zonecopy::gather
