// The controller's side of one DH-HMAC-CHAP transaction (NVMe Base 2.0, 8.13.5): one queue, from Negotiate on. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/base/randomness.h"
#include "src/base/secret.h"
#include "src/nvme/fabrics/dhchap_response.h"
#include "src/nvme/fabrics/dhchap_step.h"

namespace zonecopy::nvme::fabrics::dhchap {

/// All that a controller brings to the transactions with one host. The first of each list that the host has, too, is
/// chosen. Of the groups, 3072 bits are as strong as the ciphers of today, and larger ones cost a host that has shown
/// nothing yet much of this side's time: they come after those of fewer bits. The one of no exchange comes last.
struct ControllerSide {
  Parties parties;
  std::optional<Secret> host_key;  ///< transformed for the host's NQN; nothing: no response of this host can be right
  std::optional<Secret> own_key;   ///< transformed for the subsystem's NQN; nothing: it cannot prove itself
  std::vector<HashId> hashes{HashId::sha512, HashId::sha384, HashId::sha256};
  std::vector<DhGroup> groups{DhGroup::ffdhe3072, DhGroup::ffdhe2048, DhGroup::ffdhe4096,
                              DhGroup::ffdhe6144, DhGroup::ffdhe8192, DhGroup::null};
};

class Controller {
 public:
  /// `side` must outlive this.
  Controller(const ControllerSide& side, Randomness randomness);

  /// Takes what the host sent. What is to be sent is the answer to its next Authentication Receive. Computes for up to
  /// some tens of milliseconds where the host has only large groups. A message after the end is a failure.
  [[nodiscard]] Step receive(std::span<const std::byte> data);

  [[nodiscard]] std::optional<HashId> hash() const { return hash_; }
  [[nodiscard]] std::optional<DhGroup> group() const { return group_; }

 private:
  enum class Waiting : std::uint8_t { negotiate, reply, success, nothing };

  Step take(const Negotiate& negotiate);
  Step take(const Reply& reply);
  Step take_in_turn(Waiting waiting, const Message& message);
  std::optional<Failure> choose(const Negotiate& negotiate);
  std::optional<Failure> check_payload(const Reply& reply) const;
  std::optional<Failure> exchange(const Reply& reply);
  std::optional<Failure> check_response(const Reply& reply);
  Step prove(const Reply& reply);
  Step fail(Failure failure);

  const ControllerSide& side_;
  Randomness randomness_;
  std::uint16_t transaction_ = 0;
  Waiting waiting_ = Waiting::negotiate;
  std::optional<HashId> hash_;
  std::optional<DhGroup> group_;
  Secret exponent_;
  Secret shared_secret_;
  Bytes challenge_;
  std::uint32_t sequence_ = 0;
};

}  // namespace zonecopy::nvme::fabrics::dhchap
