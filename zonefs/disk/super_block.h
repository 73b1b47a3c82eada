// The on-disk super block of zonefs: encode and decode. Pure. Byte for byte that of Linux fs/zonefs and mkzonefs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "zonecopy/result.h"

namespace zonecopy::zonefs {

inline constexpr std::size_t super_block_size_bytes = 4096;
inline constexpr std::uint32_t super_block_magic = 0x5a4f4653;
inline constexpr std::size_t label_max_bytes = 64;
inline constexpr std::uint32_t default_permissions = 0640;

struct Features {
  bool aggregate_conventional = false;
  bool uid = false;
  bool gid = false;
  bool permissions = false;
  friend bool operator==(const Features&, const Features&) = default;
};

struct SuperBlock {
  std::string label;  ///< at most 64 bytes
  std::array<std::uint8_t, 16> uuid{};
  Features features;
  std::uint32_t uid = 0;  ///< stored always, used by a mount only with the feature
  std::uint32_t gid = 0;
  std::uint32_t permissions = default_permissions;

  /// Owner and mode of zone files, the features applied.
  [[nodiscard]] std::uint32_t file_uid() const { return features.uid ? uid : 0; }
  [[nodiscard]] std::uint32_t file_gid() const { return features.gid ? gid : 0; }
  [[nodiscard]] std::uint32_t file_permissions() const {
    return features.permissions ? (permissions & 07777U) : default_permissions;
  }
};

using SuperBlockBytes = std::array<std::byte, super_block_size_bytes>;

[[nodiscard]] SuperBlockBytes encode(const SuperBlock& super_block);

/// EINVAL with the kernel's message as detail ("Invalid checksum (Expected 0x…, got 0x…)", "Unknown features set 0x…",
/// "Invalid UID feature", "Invalid GID feature", "Reserved area is being used"); a wrong magic has its own detail.
[[nodiscard]] Result<SuperBlock> decode(std::span<const std::byte> bytes);

/// CRC-32 as zonefs computes it: seeded with ~0, not inverted at the end, the crc field taken as zero.
[[nodiscard]] std::uint32_t super_block_crc(std::span<const std::byte> bytes);

}  // namespace zonecopy::zonefs
