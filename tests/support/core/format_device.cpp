#include "tests/support/core/format_device.h"

namespace zonecopy::test {

void format_device(SimDevice& device, const zonefs::SuperBlock& super_block) {
  const zonefs::SuperBlockBytes bytes = zonefs::encode(super_block);
  device.preload(0, bytes);
  if (device.zones()[0].zone.sequential()) device.zones().finish(0);
}

}  // namespace zonecopy::test
