#include <algorithm>

#include "tests/model/harness.h"

namespace zonecopy::test {

namespace {

void choose_geometry(SimSpec& device, Random& random) {
  static constexpr const char* layouts[] = {"CCCSSSSS", "CSSSS", "SSSSSS", "CCSCCSSS", "CPPSCC", "CCCCSSSSSS"};
  device.layout = layouts[random.below(6)];
  device.block_size_bytes = random.percent(70) ? 512 : 4096;
  device.zone_size_blocks = random.percent(50) ? 32 : 16;
  device.zone_capacity_blocks = random.percent(50) ? device.zone_size_blocks : device.zone_size_blocks * 3 / 4;
  device.last_zone_blocks = random.percent(30) ? 6 : 0;
  // Not below a page, as with any real device.
  device.max_transfer_bytes = static_cast<std::uint32_t>(random.between(1, 3)) * 4096;
  device.max_append_bytes = std::min(device.max_transfer_bytes, 4 * device.block_size_bytes);
}

void choose_limits(SimSpec& device, Random& random, bool explicit_open) {
  // Without a limit explicit-open is dropped at mount, which is worth a try now and then.
  if (random.percent(explicit_open ? 85 : 30)) {
    device.resource_limits.max_open_zones = static_cast<std::uint32_t>(random.between(1, 3));
    device.resource_limits.max_active_zones =
        random.percent(50) ? 0 : device.resource_limits.max_open_zones + static_cast<std::uint32_t>(random.below(2));
  }
  if (random.percent(70)) {
    device.copy_limits.max_ranges = static_cast<std::uint32_t>(random.between(1, 4));
    device.copy_limits.max_range_blocks = static_cast<std::uint32_t>(random.between(1, 8));
    device.copy_limits.max_total_blocks = static_cast<std::uint32_t>(random.between(1, 16));
    device.kernel_copies = random.percent(30);
  }
}

}  // namespace

HarnessSpec make_spec(std::uint64_t seed, zonefs::ErrorsPolicy errors, bool explicit_open, bool with_faults) {
  Random random(seed);
  HarnessSpec spec;
  spec.seed = seed;
  spec.with_faults = with_faults;
  spec.device.seed = seed;
  choose_geometry(spec.device, random);
  choose_limits(spec.device, random, explicit_open);
  spec.super_block.label = "model";
  spec.super_block.features.aggregate_conventional = random.percent(40);
  spec.super_block.features.uid = random.percent(30);
  spec.super_block.features.gid = random.percent(30);
  spec.super_block.features.permissions = random.percent(30);
  spec.super_block.uid = 1000;
  spec.super_block.gid = 100;
  spec.super_block.permissions = 0604;
  spec.options.errors = errors;
  spec.options.explicit_open = explicit_open;
  spec.options.strict = random.percent(25);
  spec.options.zeros_are_swept = false;  // by what the model does not see: time
  spec.options.tail = random.percent(50) ? zonefs::TailPolicy::refuse : zonefs::TailPolicy::pad;
  spec.options.copy.read_ahead_depth = static_cast<std::uint32_t>(random.between(1, 4));
  spec.options.copy.transfer_bytes = static_cast<std::uint32_t>(random.between(1, 8)) * spec.device.block_size_bytes;
  return spec;
}

}  // namespace zonecopy::test
