// Encodes and decodes the on-disk super block of zonefs, exactly as Linux (fs/zonefs) and mkzonefs do. Pure.
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
  std::uint32_t uid = 0;  ///< always stored, but used by a mount only with the feature
  std::uint32_t gid = 0;
  std::uint32_t permissions = default_permissions;

  // Owner and mode of zone files, which depend on the features.
  [[nodiscard]] std::uint32_t file_uid() const { return features.uid ? uid : 0; }
  [[nodiscard]] std::uint32_t file_gid() const { return features.gid ? gid : 0; }
  [[nodiscard]] std::uint32_t file_permissions() const {
    return features.permissions ? (permissions & 07777U) : default_permissions;
  }
};

using SuperBlockBytes = std::array<std::byte, super_block_size_bytes>;

[[nodiscard]] SuperBlockBytes encode(const SuperBlock& super_block);

/// EINVAL. The detail is the kernel's message ("Invalid checksum (Expected 0x…, got 0x…)", "Unknown features set 0x…",
/// "Invalid UID feature", "Invalid GID feature", "Reserved area is being used"), but for a wrong magic, where the
/// kernel has none.
[[nodiscard]] Result<SuperBlock> decode(std::span<const std::byte> bytes);

/// A UUID as people write it: "1b4e28ba-2fa1-11d2-883f-0016d3cca427".
[[nodiscard]] std::string uuid_text(const std::array<std::uint8_t, 16>& uuid);

/// CRC-32 as zonefs computes it: the seed is ~0, the result is not inverted, and the crc field counts as 0.
[[nodiscard]] std::uint32_t super_block_crc(std::span<const std::byte> bytes);

}  // namespace zonecopy::zonefs
