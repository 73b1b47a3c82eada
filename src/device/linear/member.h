// What each of several devices in a row tells about the set that it belongs to: a record of a block in its zone 0. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy::linear {

inline constexpr std::size_t member_record_size_bytes = 4096;
/// Where in zone 0 it stands: after the super block of zonefs, which the first device has there and no program reads beyond.
inline constexpr std::size_t member_record_offset_bytes = 4096;

/// One device of a set.
struct Member {
  std::array<std::uint8_t, 16> set{};  ///< the UUID that all of a set have
  std::uint32_t index = 0;             ///< its place in the set, from 0
  std::uint32_t count = 0;             ///< devices of the set
  std::uint32_t block_size_bytes = 0;  ///< this and what follows: of the device when the record was written
  std::uint32_t zone_count = 0;
  std::uint64_t zone_size_blocks = 0;
  friend bool operator==(const Member&, const Member&) = default;
};

/// The record of the device `info` as number `index` of a set.
[[nodiscard]] Member member_of(const DeviceInfo& info, const std::array<std::uint8_t, 16>& set, std::size_t index,
                               std::size_t count);

using MemberRecord = std::array<std::byte, member_record_size_bytes>;
[[nodiscard]] MemberRecord encode(const Member& member);
/// Nothing where `bytes` are no record, or a damaged one.
[[nodiscard]] std::optional<Member> decode_member(std::span<const std::byte> bytes);

/// Whether the devices `infos`, which have these records, are a whole set in its order. EINVAL: the error's device and detail say which is
/// not what.
[[nodiscard]] Status check_members(std::span<const DeviceInfo* const> infos,
                                   std::span<const std::optional<Member>> members);

}  // namespace zonecopy::linear
