// Long devices made of simulated ones.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "src/device/linear/linear_device.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

/// The device, and those below as tests see them.
struct LongDevice {
  std::unique_ptr<linear::LinearDevice> device;
  std::vector<SimDevice*> below;
};

inline SimSpec spec_of(const char* path, const char* layout, CopyLimits limits = {}) {
  SimSpec spec;
  spec.path = path;
  spec.layout = layout;
  spec.copy_limits = limits;
  return spec;
}

/// Zones of a device below, for which tests write pieces as {device, first zone below, zones}.
struct ZonesBelow {
  std::size_t device;
  ZoneIndex first_zone;
  std::uint32_t zones;
};

inline std::vector<linear::Piece> pieces_of(const std::vector<ZonesBelow>& parts, std::uint64_t zone_blocks = 32) {
  std::vector<linear::Piece> pieces;
  Lba next_lba = 0;
  for (const ZonesBelow& part : parts) {
    pieces.push_back({next_lba, part.zones * zone_blocks, part.device, part.first_zone * zone_blocks});
    next_lba += part.zones * zone_blocks;
  }
  return pieces;
}

inline LongDevice make_long(EventLoop& loop, const std::vector<SimSpec>& specs, const std::vector<ZonesBelow>& parts,
                            std::unique_ptr<linear::LayoutGuard> guard = nullptr) {
  LongDevice made;
  linear::Parts given{"long", "id of long", {}, pieces_of(parts), std::move(guard)};
  for (const SimSpec& spec : specs) {
    auto device = std::make_unique<SimDevice>(spec);
    made.below.push_back(device.get());
    given.devices.push_back(std::move(device));
  }
  Result<std::unique_ptr<linear::LinearDevice>> device = linear::LinearDevice::make(loop, std::move(given));
  EXPECT_TRUE(device.ok()) << (device.ok() ? "" : device.error().to_string());
  if (device) made.device = std::move(*device);
  return made;
}

/// A fault of the first command of that kind.
inline Fault fault_of(Command command) {
  Fault fault;
  fault.command = command;
  return fault;
}

/// Blocks of 512 bytes, each filled with a byte of its own: `first`, `first` + 1, …
inline Buffer counting(std::uint8_t first, std::size_t blocks) {
  Buffer data(blocks * 512);
  for (std::size_t i = 0; i < data.size(); ++i) data.data()[i] = static_cast<std::byte>(first + i / 512);
  return data;
}

/// The first byte of each block.
inline std::vector<int> first_bytes(std::span<const std::byte> data) {
  std::vector<int> bytes;
  for (std::size_t i = 0; i < data.size(); i += 512) bytes.push_back(std::to_integer<int>(data[i]));
  return bytes;
}

}  // namespace zonecopy::test
