// What the tests of the copy engine share: devices whose every block tells where it was written first.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/copy.h"

namespace zonecopy::test {

class CopyTest : public LoopTest {
 protected:
  static SimSpec spec_with_copy() {
    SimSpec spec;
    spec.layout = "CSSSSSSS";
    spec.copy_limits = CopyLimits{4, 5, 12};
    return spec;
  }
  static SimSpec spec_without_copy() {
    SimSpec spec = spec_with_copy();
    spec.copy_limits = CopyLimits();
    return spec;
  }

  /// Fills the zones [first, first + count) up to their capacity, every block with its own address.
  static void fill_zones(SimDevice& device, ZoneIndex first, std::uint32_t count, std::uint64_t tag = 0) {
    for (ZoneIndex zone = first; zone < first + count; ++zone) {
      const Zone& at = device.zones()[zone].zone;
      for (Lba lba = at.start_lba; lba < at.end_lba(); ++lba) {
        device.preload(lba, block_of(device, lba, tag));
      }
    }
  }

  static std::vector<std::byte> block_of(const SimDevice& device, Lba lba, std::uint64_t tag = 0) {
    std::vector<std::byte> block(device.info().block_size_bytes);
    const std::uint64_t value = (tag << 48U) | (lba + 1);
    for (std::size_t at = 0; at < block.size(); at += sizeof(value)) std::memcpy(&block[at], &value, sizeof(value));
    return block;
  }

  /// The first `blocks` of what the job copies.
  static std::vector<std::byte> expected_bytes(const SimDevice& source, const CopyJob& job, std::uint64_t blocks) {
    std::vector<std::byte> bytes;
    for (const Extent& extent : job.sources) {
      const std::uint64_t taken = std::min(blocks, extent.blocks);
      if (taken == 0) continue;
      const std::vector<std::byte> piece = source.bytes(extent.start_lba, taken);
      bytes.insert(bytes.end(), piece.begin(), piece.end());
      blocks -= taken;
    }
    return bytes;
  }

  /// The report tells exactly what the device did: neither a block more nor one less, in the right order.
  static void expect_exact(const SimDevice& source, const SimDevice& destination, const CopyJob& job,
                           const CopyReport& report, bool torn = false) {
    const ZoneIndex zone = destination.info().zone_of(job.destination.start_lba);
    const Lba moved_to = destination.zones()[zone].zone.write_pointer_lba;
    const std::uint64_t moved = moved_to - job.destination.start_lba;
    if (torn) {
      EXPECT_LE(report.blocks(), moved);
    } else {
      EXPECT_EQ(report.blocks(), moved);
    }
    EXPECT_EQ(report.blocks(), acknowledged(destination, zone));
    EXPECT_EQ(destination.bytes(job.destination.start_lba, report.blocks()),
              expected_bytes(source, job, report.blocks()));
    if (!report.error) {
      EXPECT_EQ(report.blocks(), std::min(total_blocks(job.sources), job.destination.blocks));
    }
  }

  /// Blocks of a zone that the device has acknowledged as written or copied.
  static std::uint64_t acknowledged(const SimDevice& device, ZoneIndex zone) {
    std::uint64_t blocks = 0;
    for (const CommandRecord& record : device.log()) {
      if (record.zone == zone) blocks += record.blocks_acknowledged;
    }
    return blocks;
  }

  /// Room in an empty zone.
  static Destination whole_zone(const SimDevice& device, ZoneIndex zone) {
    const Zone& at = device.zones()[zone].zone;
    return Destination{at.write_pointer_lba, at.end_lba() - at.write_pointer_lba};
  }

  CopyReport copy_now(SimDevice& source, SimDevice& destination, const CopyJob& job, const CopyOptions& options,
                      const CancelToken* cancel = nullptr) {
    return run(copy(loop(), source, destination, job, options, cancel));
  }
};

/// Least number of Copy commands: each takes as many blocks as it can. (From a later block a command never reaches less
/// far, so nothing is gained by taking fewer.) Counted block by block, unlike the planner.
std::uint64_t fewest_commands(const CopyJob& job, const CopyLimits& limits, std::uint64_t zone_size_blocks);

}  // namespace zonecopy::test
