// What a side of DH-HMAC-CHAP does next. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "src/nvme/fabrics/dhchap_message.h"

namespace zonecopy::nvme::fabrics::dhchap {

enum class Outcome : std::uint8_t { going_on, authenticated, failed };

/// After a message was received. A side that has failed closes the connection, after it has sent what there is to send.
struct Step {
  Bytes send;  ///< empty: nothing
  Outcome outcome = Outcome::going_on;
  std::optional<Failure> failure;  ///< why it failed
  bool peer_failed = false;        ///< the peer said so
};

}  // namespace zonecopy::nvme::fabrics::dhchap
