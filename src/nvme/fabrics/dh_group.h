// Diffie-Hellman exchanges in the groups of RFC 7919, with the numbers of libcrypto. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "src/base/secret.h"
#include "src/nvme/fabrics/hash.h"
#include "zonecopy/result.h"

namespace zonecopy::nvme::fabrics {

/// Identifiers as messages have them (NVMe Base 2.0, 8.13.5.2). `null`: no exchange.
enum class DhGroup : std::uint8_t {
  null = 0,
  ffdhe2048 = 1,
  ffdhe3072 = 2,
  ffdhe4096 = 3,
  ffdhe6144 = 4,
  ffdhe8192 = 5
};
inline constexpr std::array<DhGroup, 6> all_groups = {DhGroup::null,      DhGroup::ffdhe2048, DhGroup::ffdhe3072,
                                                      DhGroup::ffdhe4096, DhGroup::ffdhe6144, DhGroup::ffdhe8192};

/// Nothing where no group has this identifier.
[[nodiscard]] std::optional<DhGroup> group_of(std::uint8_t identifier);
[[nodiscard]] std::string_view to_string(DhGroup group);
/// Of its prime, and of each value that is exchanged. 0 for `null`.
[[nodiscard]] std::size_t value_bytes(DhGroup group);

/// 512 bits: more than twice what any of the groups is strong by (RFC 7919, 5.2).
inline constexpr std::size_t exponent_bytes = 64;

// `exponent` is random and a secret, exponent_bytes long. Both take the time of one exponentiation: a millisecond in the
// smallest group, some tens in the largest. `group` is not `null`. ENOMEM where libcrypto cannot.

/// g^exponent mod p, with zeros in front up to value_bytes().
[[nodiscard]] Result<Bytes> public_value(DhGroup group, std::span<const std::byte> exponent);

/// peer_value^exponent mod p, with zeros in front up to value_bytes(). EINVAL where the value is not from 2 to p-2: for
/// others the result is known to everybody. (p is a safe prime, so that no value between has a small order.)
[[nodiscard]] Result<Secret> shared_secret(DhGroup group, std::span<const std::byte> exponent,
                                           std::span<const std::byte> peer_value);

}  // namespace zonecopy::nvme::fabrics
