// Makes a zonefs of a simulated device, as mkfs does.
#pragma once

#include "tests/support/device/sim_device.h"
#include "zonefs/disk/super_block.h"

namespace zonecopy::test {

/// Writes the super block to the media and, where zone 0 is sequential, fills that zone.
void format_device(SimDevice& device, const zonefs::SuperBlock& super_block);

}  // namespace zonecopy::test
