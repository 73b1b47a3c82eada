#include "src/device/linear/copy_steps.h"

#include <algorithm>

namespace zonecopy::linear {
namespace {

/// The command that is being filled, and what is left of its limits.
class Filling {
 public:
  explicit Filling(Lba destination_lba) : next_lba_(destination_lba) {}

  void add(const ZonedDevice& destination, RangeBelow piece) {
    if (piece.source != source_) {
      source_ = piece.source;
      limits_ = destination.copy_route(*source_).limits;
      full_ = true;
    }
    while (piece.range.blocks != 0) add_some(piece.range);
  }
  [[nodiscard]] std::vector<CopyStep> take() { return std::move(steps_); }

 private:
  /// Moves as many blocks as one range of the command takes out of `range`.
  void add_some(CopyRange& range) {
    const bool no_way = !limits_.available();  // the command is not sent, so that its size does not matter
    if (full_) {
      steps_.push_back(CopyStep{source_, CopyCommand{next_lba_, {}}});
      room_blocks_ = limits_.max_total_blocks;
      full_ = false;
    }
    CopyCommand& command = steps_.back().command;
    const std::uint32_t blocks =
        no_way ? range.blocks : std::min({range.blocks, limits_.max_range_blocks, room_blocks_});
    command.ranges.push_back({range.start_lba, blocks});
    range.start_lba += blocks;
    range.blocks -= blocks;
    next_lba_ += blocks;
    if (no_way) return;
    room_blocks_ -= blocks;
    full_ = room_blocks_ == 0 || command.ranges.size() == limits_.max_ranges;
  }

  std::vector<CopyStep> steps_;
  Lba next_lba_;
  ZonedDevice* source_ = nullptr;
  CopyLimits limits_;
  std::uint32_t room_blocks_ = 0;
  bool full_ = true;
};

}  // namespace

std::vector<CopyStep> cut_copy(const ZonedDevice& destination, Lba destination_lba,
                               const std::vector<RangeBelow>& ranges) {
  Filling filling(destination_lba);
  for (const RangeBelow& range : ranges) filling.add(destination, range);
  return filling.take();
}

}  // namespace zonecopy::linear
