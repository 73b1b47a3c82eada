// The checks run in every build, since a value that is cut to the width of its field makes another command: 0 blocks,
// for example, becomes 65536, as the count is 0-based.
#include "src/nvme/target.h"

#include <fmt/format.h>

#include <algorithm>

namespace zonecopy::nvme {
namespace {

constexpr std::uint64_t blocks_max = 65536;  // NLB: 16 bits, 0-based
constexpr std::size_t ranges_max = 256;      // NR: 8 bits, 0-based

Error make_error(const char* operation, Lba lba, std::string detail) {
  Error error(EINVAL, operation, std::move(detail));
  return error.at_lba(lba);
}

bool inside(const Target& target, Lba lba, std::uint64_t blocks) {
  return lba <= target.size_blocks && blocks <= target.size_blocks - lba;
}

/// The range must have at least one block and lie inside the namespace.
bool in_one_zone(const Target& target, Lba lba, std::uint64_t blocks) {
  return target.zone_size_blocks != 0 && lba / target.zone_size_blocks == (lba + blocks - 1) / target.zone_size_blocks;
}

Status check_source(const Target& target, const CopyRange& range, std::uint64_t range_max_blocks) {
  if (range.blocks == 0 || range.blocks > range_max_blocks) {
    return make_error("copy", range.start_lba,
                      fmt::format("a source range has {} blocks, not 1 to {}", range.blocks, range_max_blocks));
  }
  if (!inside(target, range.start_lba, range.blocks)) {
    return make_error("copy", range.start_lba, "a source range is beyond the end of the namespace");
  }
  if (!in_one_zone(target, range.start_lba, range.blocks)) {
    return make_error("copy", range.start_lba, "a source range is in more than one zone");
  }
  return {};
}

}  // namespace

Status check_range(const Target& target, Lba lba, std::size_t size_bytes, const char* operation) {
  if (target.block_size_bytes == 0 || size_bytes % target.block_size_bytes != 0) {
    return make_error(operation, lba,
                      fmt::format("{} bytes are no whole blocks of {}", size_bytes, target.block_size_bytes));
  }
  return check_blocks(target, lba, size_bytes / target.block_size_bytes, operation);
}

Status check_blocks(const Target& target, Lba lba, std::uint64_t blocks, const char* operation) {
  if (!inside(target, lba, blocks)) return make_error(operation, lba, "beyond the end of the namespace");
  return {};
}

Status check_transfer(const Target& target, Lba lba, std::size_t size_bytes, std::uint32_t max_bytes,
                      const char* operation) {
  Status range = check_range(target, lba, size_bytes, operation);
  if (!range) return range;
  const std::uint64_t limit_bytes = std::min<std::uint64_t>(max_bytes, blocks_max * target.block_size_bytes);
  if (size_bytes == 0 || size_bytes > limit_bytes) {
    return make_error(operation, lba,
                      fmt::format("one command carries 1 to {} bytes, not {}", limit_bytes, size_bytes));
  }
  return {};
}

std::uint64_t zeroes_max_blocks(const Target& target) {
  if (target.block_size_bytes == 0) return 0;
  return std::min<std::uint64_t>(target.zeroes_max_bytes / target.block_size_bytes, blocks_max);
}

Status check_zeroes(const Target& target, Lba lba, std::uint64_t blocks) {
  const std::uint64_t limit_blocks = zeroes_max_blocks(target);
  if (blocks == 0 || blocks > limit_blocks) {
    return make_error("write zeroes", lba,
                      fmt::format("one command writes 1 to {} blocks, not {}", limit_blocks, blocks));
  }
  return check_blocks(target, lba, blocks, "write zeroes");
}

Status check_zone_start(const Target& target, Lba lba, const char* operation) {
  const bool starts = target.zone_size_blocks != 0 && lba % target.zone_size_blocks == 0 && lba < target.size_blocks;
  if (!starts) return make_error(operation, lba, "no zone starts here");
  return {};
}

Status check_copy(const Target& target, const Target& source, const CopyLimits& limits, const CopyCommand& command) {
  const Lba destination_lba = command.destination_lba;
  const std::size_t count_max = std::min<std::size_t>(limits.max_ranges, ranges_max);
  if (command.ranges.empty() || command.ranges.size() > count_max) {
    return make_error("copy", destination_lba,
                      fmt::format("{} source ranges, not 1 to {}", command.ranges.size(), count_max));
  }
  const std::uint64_t range_max_blocks = std::min<std::uint64_t>(limits.max_range_blocks, blocks_max);
  for (const CopyRange& range : command.ranges) {
    Status fits = check_source(source, range, range_max_blocks);
    if (!fits) return fits.error().on_side(CopySide::source);
  }
  const std::uint64_t blocks = command.blocks();
  if (blocks > limits.max_total_blocks) {
    return make_error("copy", destination_lba,
                      fmt::format("{} blocks are more than the {} of one command", blocks, limits.max_total_blocks));
  }
  if (!inside(target, destination_lba, blocks) || !in_one_zone(target, destination_lba, blocks)) {
    return make_error("copy", destination_lba, "the destination is not within one zone");
  }
  return {};
}

}  // namespace zonecopy::nvme
