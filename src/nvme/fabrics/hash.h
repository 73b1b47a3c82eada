// The hash functions of in-band authentication, by libcrypto. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"

namespace zonecopy::nvme::fabrics {

using Bytes = std::vector<std::byte>;

/// Identifiers as messages and keys have them (NVMe Base 2.0, 8.13.5.2).
enum class HashId : std::uint8_t { sha256 = 1, sha384 = 2, sha512 = 3 };
inline constexpr std::array<HashId, 3> all_hashes = {HashId::sha256, HashId::sha384, HashId::sha512};

/// Nothing where no function has this identifier.
[[nodiscard]] std::optional<HashId> hash_of(std::uint8_t identifier);
[[nodiscard]] std::size_t hash_bytes(HashId hash);
[[nodiscard]] std::string_view to_string(HashId hash);

/// ENOMEM where libcrypto cannot.
[[nodiscard]] Result<Bytes> hashed(HashId hash, std::span<const std::byte> data);
/// HMAC (RFC 2104) of all parts, one behind the other.
[[nodiscard]] Result<Bytes> hmac(HashId hash, std::span<const std::byte> key,
                                 std::initializer_list<std::span<const std::byte>> parts);

/// Takes as long for what differs in the first byte as for what is the same.
[[nodiscard]] bool same_bytes(std::span<const std::byte> one, std::span<const std::byte> other);

}  // namespace zonecopy::nvme::fabrics
