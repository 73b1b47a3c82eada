// The host's side of one DH-HMAC-CHAP transaction (NVMe Base 2.0, 8.13.5): one queue, from Negotiate on. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/base/randomness.h"
#include "src/base/secret.h"
#include "src/nvme/fabrics/dhchap_response.h"
#include "src/nvme/fabrics/dhchap_step.h"

namespace zonecopy::nvme::fabrics::dhchap {

/// All that a host brings to its transactions.
struct HostSide {
  Parties parties;
  Secret key;                            ///< transformed for the host's NQN
  std::optional<Secret> controller_key;  ///< transformed for the subsystem's NQN; nothing: it need not prove itself
  std::vector<HashId> hashes{all_hashes.begin(), all_hashes.end()};
  std::vector<DhGroup> groups{all_groups.begin(), all_groups.end()};
};

class Host {
 public:
  /// `side` must outlive this. `transaction` should differ from that of the queue's last one.
  Host(const HostSide& side, std::uint16_t transaction, Randomness randomness);

  /// The first message, which is to be sent.
  [[nodiscard]] Bytes begin();

  /// Takes what the controller answered. Computes for up to some tens of milliseconds where the controller chose a large
  /// group. A message after the end is a failure.
  [[nodiscard]] Step receive(std::span<const std::byte> data);

  /// What was chosen, for a log. Nothing before the challenge.
  [[nodiscard]] std::optional<HashId> hash() const { return hash_; }
  [[nodiscard]] std::optional<DhGroup> group() const { return group_; }

 private:
  enum class Waiting : std::uint8_t { challenge, success, nothing };

  Step take(const Challenge& challenge);
  Step take(const Success1& success);
  std::optional<Failure> choose(const Challenge& challenge);
  std::optional<Failure> exchange(const Challenge& challenge, Reply& reply);
  Step fail(Failure failure);

  const HostSide& side_;
  std::uint16_t transaction_;
  Randomness randomness_;
  Waiting waiting_ = Waiting::challenge;
  std::optional<HashId> hash_;
  std::optional<DhGroup> group_;
  Secret shared_secret_;
  Bytes expected_response_;  ///< R2; empty where the controller need not prove itself
};

}  // namespace zonecopy::nvme::fabrics::dhchap
