// The seam between a queue and in-band authentication (NVMe Base 2.0, 8.13.5), which some targets demand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "src/nvme/fabrics/connect.h"
#include "src/nvme/status.h"

namespace zonecopy::target {

/// One authentication transaction, on one queue. The queue accepts no command but those of authentication until it is
/// done.
class Authentication {
 public:
  virtual ~Authentication() = default;
  Authentication(const Authentication&) = delete;
  Authentication& operator=(const Authentication&) = delete;

  /// The data of an Authentication Send. A status other than 0 refuses the command.
  virtual nvme::StatusCode take(std::span<const std::byte> message) = 0;
  /// Fills the data of an Authentication Receive, which is zeros before.
  virtual nvme::StatusCode give(std::span<std::byte> message) = 0;
  /// The host has proved who it is.
  [[nodiscard]] virtual bool done() const = 0;
  /// It has not: the connection ends once the answer has been sent.
  [[nodiscard]] virtual bool failed() const = 0;

 protected:
  Authentication() = default;
};

/// Begins a transaction with the host that has sent `data`; null where it need not prove anything.
using AuthenticationFactory =
    std::function<std::unique_ptr<Authentication>(const nvme::fabrics::ConnectData& data, std::uint16_t queue_id)>;

}  // namespace zonecopy::target
