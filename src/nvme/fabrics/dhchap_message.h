// The messages of DH-HMAC-CHAP (NVMe Base 2.0, 8.13.5), which Authentication Send and Authentication Receive carry. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "src/nvme/fabrics/dh_group.h"
#include "src/nvme/fabrics/hash.h"

namespace zonecopy::nvme::fabrics::dhchap {

/// Fields of both commands: the security protocol, and the two bytes that are specific to it.
inline constexpr std::uint8_t security_protocol = 0xe9;
inline constexpr std::uint8_t security_protocol_specific = 0x01;
/// No message of either side is longer: Reply with two values of SHA-512 and one of the largest group.
inline constexpr std::size_t message_max_bytes = 16 + 2 * 64 + 1024;

/// Why a transaction failed (reason code 01h, "authentication failure").
enum class Failure : std::uint8_t {
  failed = 0x01,              ///< a response was wrong
  protocol_unusable = 0x02,   ///< no protocol that both know
  concatenation = 0x03,       ///< a secure channel was asked for, or not
  hash_unusable = 0x04,       ///< no hash function that both have
  group_unusable = 0x05,      ///< no group that both have
  incorrect_payload = 0x06,   ///< a field of a message is wrong
  unexpected_message = 0x07,  ///< this was not the turn of this message
};
[[nodiscard]] std::string_view to_string(Failure failure);

/// Identifiers stay numbers here: what is unknown is the state machine's to judge.
struct Negotiate {
  std::uint16_t transaction = 0;
  std::uint8_t secure_channel = 0;  ///< SC_C: 0, none
  std::vector<std::uint8_t> hashes;
  std::vector<std::uint8_t> groups;
  bool operator==(const Negotiate&) const = default;
};
struct Challenge {
  std::uint16_t transaction = 0;
  std::uint8_t hash = 0;
  std::uint8_t group = 0;
  std::uint32_t sequence = 0;
  Bytes challenge;  ///< C1
  Bytes dh_value;   ///< empty without a group
  bool operator==(const Challenge&) const = default;
};
struct Reply {
  std::uint16_t transaction = 0;
  std::uint32_t sequence = 0;      ///< 0: the challenge is not for authentication
  Bytes response;                  ///< R1
  std::optional<Bytes> challenge;  ///< C2; as long as the response
  Bytes dh_value;
  bool operator==(const Reply&) const = default;
};
struct Success1 {
  std::uint16_t transaction = 0;
  std::uint8_t hash_size_bytes = 0;
  std::optional<Bytes> response;  ///< R2
  bool operator==(const Success1&) const = default;
};
struct Success2 {
  std::uint16_t transaction = 0;
  bool operator==(const Success2&) const = default;
};
/// Failure1, of the controller.
struct ControllerFailure {
  std::uint16_t transaction = 0;
  Failure failure = Failure::failed;
  bool operator==(const ControllerFailure&) const = default;
};
/// Failure2, of the host.
struct HostFailure {
  std::uint16_t transaction = 0;
  Failure failure = Failure::failed;
  bool operator==(const HostFailure&) const = default;
};

using Message = std::variant<Negotiate, Challenge, Reply, Success1, Success2, ControllerFailure, HostFailure>;

[[nodiscard]] Bytes encode(const Message& message);

/// `data` may be longer than the message, since who receives one makes room for the longest. Otherwise what to answer
/// with: `unexpected_message` for one that does not exist, `incorrect_payload` for one that is cut off or contradicts
/// itself, `protocol_unusable` for a Negotiate without DH-HMAC-CHAP. Reserved fields may be anything.
[[nodiscard]] std::variant<Message, Failure> decode(std::span<const std::byte> data);

[[nodiscard]] std::uint16_t transaction_of(const Message& message);

}  // namespace zonecopy::nvme::fabrics::dhchap
