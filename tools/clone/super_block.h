// Zone 0 of two devices: the super block of zonefs, which a clone writes last, so that one that was interrupted does not
// look like a file system.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "zonecopy/device.h"
#include "zonefs/disk/super_block.h"

namespace zonecopy::cloning {

using Uuid = std::array<std::uint8_t, 16>;

/// The super block that `device` has; nothing if its zone 0 holds none. `zone_0` must outlive the await.
Task<Result<std::optional<zonefs::SuperBlock>>> read_super_block(ZonedDevice& device, const Zone& zone_0);

/// Whether the first `bytes` of the device can be what a clone of `super_block` has written: all of it but the UUID, and
/// with it the checksum. Pure.
[[nodiscard]] bool may_be_begun(std::span<const std::byte> bytes, const zonefs::SuperBlock& super_block);

/// Whether what stands in zone 0 of `device`, which is not empty, may be a super block that was written for a clone of
/// `super_block`, or a part of one.
Task<Result<bool>> holds_begun(ZonedDevice& device, const Zone& zone_0, const zonefs::SuperBlock& super_block);

/// Takes away whatever a file system, or a device of a row, would be recognised by in zone 0, and makes that durable. Where there is nothing,
/// nothing is written.
Task<Status> wipe_super_block(ZonedDevice& device, const Zone& zone_0);

/// Writes it, finishes zone 0 if that is sequential, as mkfs does, and makes both durable.
Task<Status> write_super_block(ZonedDevice& device, const Zone& zone_0, const zonefs::SuperBlock& super_block);

/// Whether exactly `super_block` stands in zone 0.
Task<Result<bool>> matches(ZonedDevice& device, const zonefs::SuperBlock& super_block);

[[nodiscard]] Uuid random_uuid();

}  // namespace zonecopy::cloning
