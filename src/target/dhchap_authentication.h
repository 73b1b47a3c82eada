// Hosts prove who they are by DH-HMAC-CHAP, and the controller to those that ask for it.
#pragma once

#include <functional>
#include <string>

#include "src/base/randomness.h"
#include "src/nvme/fabrics/key_list.h"
#include "src/target/authentication.h"

namespace zonecopy::target {

/// What authentication needs besides the host's names.
struct Secrets {
  nvme::fabrics::KeyList keys;  ///< of hosts by their NQN, or one for all; and the subsystem's own by its NQN
  Randomness randomness;
  std::function<void(const std::string&)> log;  ///< why a host was refused; may be empty
};

/// All queues of hosts that connect to subsystems demand authentication then. That of discovery does not: it tells
/// nothing but where the subsystem is, which a host that has found it knows.
[[nodiscard]] AuthenticationFactory authenticate_with(Secrets secrets);

}  // namespace zonecopy::target
