#include "src/nvme/fabrics/dhchap_response.h"

#include <array>

#include "src/base/endian.h"

namespace zonecopy::nvme::fabrics::dhchap {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// The challenge as it goes into the response: with a Diffie-Hellman exchange it is first bound to the secret that came
/// out of it, so that who only saw the messages cannot try keys.
Result<Bytes> augmented(const Question& question) {
  if (question.shared_secret.empty()) return question.challenge;
  const Result<Bytes> session_key = hashed(question.hash, question.shared_secret);
  if (!session_key) return session_key;
  return hmac(question.hash, *session_key, {question.challenge});
}

/// `role` says which side answers, so that no side's response is ever the other's.
Result<Bytes> response(const Question& question, std::span<const std::byte> key, std::string_view role,
                       std::string_view own_nqn, std::string_view peer_nqn) {
  const Result<Bytes> challenge = augmented(question);
  if (!challenge) return challenge;
  // Sequence, transaction, and SC_C, which is 0: no secure channel.
  std::array<std::byte, 7> numbers{};
  put_little_endian(std::span<std::byte>(numbers), 0, question.sequence);
  put_little_endian(std::span<std::byte>(numbers), 4, question.transaction);
  const std::array<std::byte, 1> between{};
  return hmac(question.hash, key,
              {*challenge, numbers, bytes_of(role), bytes_of(own_nqn), between, bytes_of(peer_nqn)});
}

}  // namespace

Result<Bytes> host_response(const Question& question, std::span<const std::byte> key, const Parties& parties) {
  return response(question, key, "HostHost", parties.host_nqn, parties.subsystem_nqn);
}

Result<Bytes> controller_response(const Question& question, std::span<const std::byte> key, const Parties& parties) {
  return response(question, key, "Controller", parties.subsystem_nqn, parties.host_nqn);
}

}  // namespace zonecopy::nvme::fabrics::dhchap
