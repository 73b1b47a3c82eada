#include "src/target/copy_parts.h"

#include <algorithm>

#include "src/nvme/copy_format.h"
#include "src/nvme/status_code.h"

namespace zonecopy::target {
namespace {

namespace status = nvme::status;

/// SNSID of a range, looked up (TP 4130): a namespace that cannot exist, or one that is not attached.
std::variant<Namespace*, nvme::StatusCode> find_source(std::uint32_t nsid, std::span<Namespace* const> peers) {
  std::uint32_t highest = 0;
  for (Namespace* const peer : peers) {
    if (peer->nsid() == nsid) return peer;
    highest = std::max(highest, peer->nsid());
  }
  return nsid == 0 || nsid > highest ? status::invalid_namespace_or_format : status::invalid_field;
}

nvme::StatusCode check_range(const Namespace& destination, Namespace& source, const nvme::CopySource& range) {
  const NamespaceFacts& from = source.facts();
  if (from.block_size_bytes != destination.facts().block_size_bytes) return status::incompatible_namespace_or_format;
  // The standard has the limit of the destination. That of the source is what its device can be asked for.
  const std::uint32_t max_blocks =
      std::min(destination.facts().copy_limits.max_range_blocks, from.copy_limits.max_range_blocks);
  if (range.blocks > max_blocks) return status::command_size_limit_exceeded;
  // Above the end of the device there are blocks only where its last zone is shorter than the others.
  const std::uint64_t size_blocks = std::min(from.size_blocks, source.device().info().capacity_blocks);
  const bool inside = range.start_lba < size_blocks && range.blocks <= size_blocks - range.start_lba;
  return inside ? status::success : status::lba_out_of_range;
}

bool overlaps(const nvme::CopySource& range, Lba destination_lba, std::uint64_t blocks) {
  return range.start_lba < destination_lba + blocks && destination_lba < range.start_lba + range.blocks;
}

void add_range(std::vector<CopyPart>& parts, Namespace& source, const nvme::CopySource& range, bool fast_copy_only) {
  const bool joins = !parts.empty() && parts.back().source == &source && parts.back().fast_copy_only == fast_copy_only;
  if (!joins) parts.push_back(CopyPart{&source, {}, fast_copy_only});
  parts.back().extents.push_back(Extent{range.start_lba, range.blocks});
}

}  // namespace

std::variant<std::vector<CopyPart>, nvme::StatusCode> make_copy_parts(Namespace& destination,
                                                                      const nvme::CopyHeader& command,
                                                                      std::span<const nvme::CopySource> ranges,
                                                                      std::span<Namespace* const> peers) {
  const bool across = command.format == static_cast<std::uint8_t>(nvme::CopyFormat::across);
  const NamespaceFacts& facts = destination.facts();
  std::vector<CopyPart> parts;
  std::uint64_t total_blocks = 0;
  for (const nvme::CopySource& range : ranges) {
    std::variant<Namespace*, nvme::StatusCode> found = &destination;
    if (across) found = find_source(range.nsid, peers);
    if (const auto* const code = std::get_if<nvme::StatusCode>(&found)) return *code;
    Namespace& source = *std::get<Namespace*>(found);
    const nvme::StatusCode wrong = check_range(destination, source, range);
    if (wrong != status::success) return wrong;
    total_blocks += range.blocks;
    add_range(parts, source, range, across && range.fast_copy_only);
  }
  if (total_blocks > facts.copy_limits.max_total_blocks) return status::command_size_limit_exceeded;
  if (total_blocks > facts.size_blocks - command.destination_lba) return status::lba_out_of_range;
  // Formats 2 and 3 have a status for it. With format 0 the result would be undefined, so it is refused as well.
  for (const CopyPart& part : parts) {
    if (part.source != &destination) continue;
    for (const Extent& extent : part.extents) {
      const nvme::CopySource range{.start_lba = extent.start_lba, .blocks = static_cast<std::uint32_t>(extent.blocks)};
      if (overlaps(range, command.destination_lba, total_blocks)) return status::overlapping_range;
    }
  }
  return parts;
}

std::uint64_t blocks_of(std::span<const CopyPart> parts) {
  std::uint64_t blocks = 0;
  for (const CopyPart& part : parts) blocks += total_blocks(part.extents);
  return blocks;
}

std::uint32_t whole_ranges(std::span<const CopyPart> parts, std::uint64_t blocks) {
  std::uint32_t count = 0;
  for (const CopyPart& part : parts) {
    for (const Extent& extent : part.extents) {
      if (extent.blocks > blocks) return count;
      blocks -= extent.blocks;
      ++count;
    }
  }
  return count;
}

}  // namespace zonecopy::target
