// Each command takes as much as the limits allow. This gives the fewest commands: what fits into one command still fits
// if the command starts at a later block, so ending a command early never saves one later.
#include "zonecopy/copy_plan.h"

#include <algorithm>

namespace zonecopy {
namespace {

/// The first `blocks` of `sources`. Extents that follow each other on the device are joined, so that a source given in
/// small pieces needs no more ranges than the same source in one piece.
std::vector<Extent> joined(std::span<const Extent> sources, std::uint64_t blocks) {
  std::vector<Extent> result;
  for (const Extent& extent : take_blocks(sources, blocks)) {
    if (!result.empty() && result.back().start_lba + result.back().blocks == extent.start_lba) {
      result.back().blocks += extent.blocks;
    } else {
      result.push_back(extent);
    }
  }
  return result;
}

/// Hands out `extents` piece by piece, each within one zone.
class Pieces {
 public:
  Pieces(std::vector<Extent> extents, std::uint64_t zone_size_blocks)
      : extents_(std::move(extents)), zone_size_blocks_(zone_size_blocks) {}

  [[nodiscard]] bool empty() const { return next_ == extents_.size(); }

  /// The next piece, as long as it may be and at most `max_blocks`.
  Extent take(std::uint64_t max_blocks) {
    Extent& rest = extents_[next_];
    const std::uint64_t to_zone_end = zone_size_blocks_ - rest.start_lba % zone_size_blocks_;
    const Extent piece{rest.start_lba, std::min({rest.blocks, to_zone_end, max_blocks})};
    rest.start_lba += piece.blocks;
    rest.blocks -= piece.blocks;
    if (rest.blocks == 0) ++next_;
    return piece;
  }

 private:
  std::vector<Extent> extents_;
  std::size_t next_ = 0;
  std::uint64_t zone_size_blocks_;
};

CopyCommand next_command(Pieces& pieces, Lba destination_lba, const CopyLimits& limits) {
  CopyCommand command{destination_lba, {}};
  std::uint64_t room = limits.max_total_blocks;
  while (room != 0 && command.ranges.size() < limits.max_ranges && !pieces.empty()) {
    const Extent piece = pieces.take(std::min<std::uint64_t>(room, limits.max_range_blocks));
    command.ranges.push_back(CopyRange{piece.start_lba, static_cast<std::uint32_t>(piece.blocks)});
    room -= piece.blocks;
  }
  return command;
}

Transfer next_transfer(Pieces& pieces, Lba destination_lba, std::uint64_t max_blocks) {
  Transfer transfer{{}, destination_lba, 0};
  while (transfer.blocks < max_blocks && !pieces.empty()) {
    transfer.sources.push_back(pieces.take(max_blocks - transfer.blocks));
    transfer.blocks += transfer.sources.back().blocks;
  }
  return transfer;
}

std::uint32_t lower(std::uint32_t device, std::uint32_t user) { return user == 0 ? device : std::min(device, user); }

}  // namespace

std::vector<CopyCommand> plan_copy(std::span<const Extent> sources, const Destination& destination,
                                   const CopyLimits& limits, const SourceGeometry& source) {
  std::vector<CopyCommand> commands;
  Pieces pieces(joined(sources, destination.blocks), source.zone_size_blocks);
  Lba destination_lba = destination.start_lba;
  while (!pieces.empty()) {
    commands.push_back(next_command(pieces, destination_lba, limits));
    destination_lba += commands.back().blocks();
  }
  return commands;
}

std::vector<Transfer> plan_transfers(std::span<const Extent> sources, const Destination& destination,
                                     std::uint64_t max_blocks, const SourceGeometry& source) {
  std::vector<Transfer> transfers;
  Pieces pieces(joined(sources, destination.blocks), source.zone_size_blocks);
  Lba destination_lba = destination.start_lba;
  while (!pieces.empty()) {
    transfers.push_back(next_transfer(pieces, destination_lba, max_blocks));
    destination_lba += transfers.back().blocks;
  }
  return transfers;
}

std::vector<Extent> skip_blocks(std::span<const Extent> sources, std::uint64_t blocks) {
  std::vector<Extent> rest;
  for (const Extent& extent : sources) {
    const std::uint64_t skipped = std::min(extent.blocks, blocks);
    blocks -= skipped;
    if (skipped < extent.blocks) rest.push_back(Extent{extent.start_lba + skipped, extent.blocks - skipped});
  }
  return rest;
}

std::vector<Extent> take_blocks(std::span<const Extent> sources, std::uint64_t blocks) {
  std::vector<Extent> taken;
  for (const Extent& extent : sources) {
    if (blocks == 0) break;
    const std::uint64_t count = std::min(extent.blocks, blocks);
    blocks -= count;
    if (count != 0) taken.push_back(Extent{extent.start_lba, count});
  }
  return taken;
}

std::uint64_t total_blocks(std::span<const Extent> sources) {
  std::uint64_t total = 0;
  for (const Extent& extent : sources) total += extent.blocks;
  return total;
}

CopyLimits lower_limits(const CopyLimits& device, const CopyLimits& user) {
  return CopyLimits{lower(device.max_ranges, user.max_ranges), lower(device.max_range_blocks, user.max_range_blocks),
                    lower(device.max_total_blocks, user.max_total_blocks)};
}

}  // namespace zonecopy
