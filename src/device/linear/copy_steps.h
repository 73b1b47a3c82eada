// One Copy command of a long device as commands of the devices that it is made of.
#pragma once

#include <vector>

#include "zonecopy/device.h"

namespace zonecopy::linear {

/// A place on a device that has its data itself.
struct PlaceBelow {
  ZonedDevice* device = nullptr;
  Lba lba = 0;
};

/// A source range as it lies on a device below.
struct RangeBelow {
  ZonedDevice* source = nullptr;
  CopyRange range;
};

/// A command of the device that holds the destination.
struct CopyStep {
  ZonedDevice* source = nullptr;
  CopyCommand command;
};

/// The ranges, in order, as the fewest commands to `destination`, which writes from `destination_lba` on: a command has
/// one source and keeps to the limits of the way from there. Where there is none, it holds a whole run of ranges, and is
/// not to be sent.
[[nodiscard]] std::vector<CopyStep> cut_copy(const ZonedDevice& destination, Lba destination_lba,
                                             const std::vector<RangeBelow>& ranges);

}  // namespace zonecopy::linear
