// Several devices in a row: all zones of the first, then all of each other but its zone 0, which holds its record.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/device/linear/layout.h"
#include "src/device/linear/member.h"
#include "zonecopy/device.h"

namespace zonecopy::linear {

[[nodiscard]] std::vector<Piece> pieces_in_a_row(std::span<const DeviceInfo* const> infos);

/// Whether the devices can be in a row: check_pieces(), at least two of them, each with a zone 0 that has room for a super block and a
/// record.
[[nodiscard]] Status check_in_a_row(const std::string& name, std::span<const DeviceInfo* const> infos);

/// The record in zone 0 of `device`; nothing where there is none.
Task<Result<std::optional<Member>>> read_member(ZonedDevice& device);

/// Takes the record away from a conventional zone 0, which no reset empties. What stands before it stays.
Task<Status> erase_member(ZonedDevice& device);

/// Makes `member` the content of zone 0 of `device`, behind a block of zeros, and the zone full. What stood there is
/// gone.
Task<Status> write_member(ZonedDevice& device, Member member);

}  // namespace zonecopy::linear
