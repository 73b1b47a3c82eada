// Random values of DH-HMAC-CHAP. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "src/base/endian.h"
#include "src/base/randomness.h"
#include "src/base/secret.h"
#include "src/nvme/fabrics/hash.h"

namespace zonecopy::nvme::fabrics::dhchap {

inline Bytes random_challenge(const Randomness& randomness, HashId hash) {
  Bytes bytes(hash_bytes(hash));
  randomness(bytes);
  return bytes;
}

inline Secret random_secret(const Randomness& randomness, std::size_t size) {
  Secret secret(size);
  randomness(secret.bytes());
  return secret;
}

/// Not 0, which means that a challenge is not for authentication.
inline std::uint32_t random_sequence(const Randomness& randomness) {
  std::array<std::byte, 4> bytes{};
  randomness(bytes);
  const auto number = little_endian<std::uint32_t>(bytes, 0);
  return number == 0 ? 1 : number;
}

}  // namespace zonecopy::nvme::fabrics::dhchap
