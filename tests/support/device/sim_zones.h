// The zones and the media of a simulated device.
//
// Written from the standards and not from src/zone/, so that a mistake in one of the two shows against the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "zonecopy/zone.h"

namespace zonecopy::test {

/// What a simulated device is like. The defaults are small: zones of 24 blocks fill up and wrap often.
struct SimSpec {
  std::string layout = "CCCSSSSS";  ///< one letter a zone: C conventional, S sequential required, P preferred
  std::uint32_t block_size_bytes = 512;
  std::uint64_t zone_size_blocks = 32;
  std::uint64_t zone_capacity_blocks = 24;  ///< of a sequential zone
  std::uint64_t last_zone_blocks = 0;       ///< not 0: the last zone is this short ("runt")
  ResourceLimits resource_limits;
  CopyLimits copy_limits;
  bool copies_across_devices = false;
  bool kernel_copies = false;  ///< Copy is the doing of the kernel below, which moves the data
  std::uint32_t max_transfer_bytes = 8 * 512;
  std::uint32_t max_append_bytes = 4 * 512;
  std::uint32_t max_delay = 3;  ///< a command waits up to this many turns of the loop before and after it is done
  /// Commands that a zone refuses fail the test, unless something else than the host has changed the zone.
  bool right_host = true;
  std::uint64_t seed = 1;
  std::string path = "sim0";
};

struct SimZone {
  Zone zone;  ///< the write pointer is exact here, whatever the condition
  std::vector<std::byte> data;
  /// Something other than a command of the host changed the zone, so that the host may be wrong about it.
  bool disturbed = false;
};

class SimZones {
 public:
  explicit SimZones(const SimSpec& spec);

  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(zones_.size()); }
  [[nodiscard]] SimZone& operator[](ZoneIndex index) { return zones_[index]; }
  [[nodiscard]] const SimZone& operator[](ZoneIndex index) const { return zones_[index]; }
  [[nodiscard]] ZoneIndex zone_of(Lba lba) const { return static_cast<ZoneIndex>(lba / zone_size_blocks_); }
  [[nodiscard]] std::uint64_t capacity_blocks() const;

  // Each returns 0 or the errno a device refuses with.
  /// Makes a zone ready for `blocks` written at `lba`; opens it, and closes another one where the limits demand it.
  int begin_write(Lba lba, std::uint64_t blocks);
  int open(ZoneIndex index);
  int close(ZoneIndex index);
  int finish(ZoneIndex index);
  int reset(ZoneIndex index);
  [[nodiscard]] int readable(Lba lba, std::uint64_t blocks) const;

  /// Data of a write that begin_write() has admitted; moves the write pointer.
  void store(Lba lba, std::span<const std::byte> data);
  void load(Lba lba, std::span<std::byte> data) const;

  /// Somebody else writes `blocks` at the write pointer, as far as there is room.
  void foreign_write(ZoneIndex index, std::uint64_t blocks);
  /// Read-only, offline or full all of a sudden.
  void turn(ZoneIndex index, ZoneCondition condition);
  /// A zone that was read-only or offline is good again (a new device for the next mount).
  void heal(ZoneIndex index);

 private:
  [[nodiscard]] std::uint32_t open_zones() const;
  [[nodiscard]] std::uint32_t active_zones() const;
  int take_resources(ZoneIndex index);
  bool evict_implicitly_open();
  [[nodiscard]] std::span<std::byte> bytes_of(SimZone& zone, Lba lba, std::uint64_t blocks) const;

  std::vector<SimZone> zones_;
  ResourceLimits limits_;
  std::uint64_t zone_size_blocks_;
  std::uint32_t block_size_bytes_;
};

}  // namespace zonecopy::test
