// What the two sides of DH-HMAC-CHAP compute and compare (NVMe Base 2.0, 8.13.5.4 and 8.13.5.5). Pure.
#pragma once

#include <cstdint>
#include <string>

#include "src/nvme/fabrics/hash.h"

namespace zonecopy::nvme::fabrics::dhchap {

/// Who speaks with whom: both names are part of every response.
struct Parties {
  std::string host_nqn;
  std::string subsystem_nqn;
};

/// What a response answers.
struct Question {
  HashId hash = HashId::sha256;
  Bytes challenge;
  std::span<const std::byte> shared_secret;  ///< empty without a Diffie-Hellman exchange
  std::uint32_t sequence = 0;
  std::uint16_t transaction = 0;
};

/// R1, of the host, whose transformed key is `key`. ENOMEM where libcrypto cannot.
[[nodiscard]] Result<Bytes> host_response(const Question& question, std::span<const std::byte> key,
                                          const Parties& parties);
/// R2, of the controller.
[[nodiscard]] Result<Bytes> controller_response(const Question& question, std::span<const std::byte> key,
                                                const Parties& parties);

}  // namespace zonecopy::nvme::fabrics::dhchap
