// Who this machine is to targets: its NQN and host identifier.
#pragma once

#include <string>

#include "src/nvme/fabrics/connect.h"
#include "zonecopy/result.h"

namespace zonecopy::remote {

struct HostIdentity {
  std::string nqn;
  nvme::fabrics::HostId id{};
};

/// What /etc/nvme/hostnqn and /etc/nvme/hostid say, which other NVMe tools use as well. Where they are not there, an
/// identity is derived from /etc/machine-id, so that it stays the same. EIO: neither is there, or a file has something
/// else in it; say hostnqn= and hostid= then. `root` stands before these paths. Reads files.
[[nodiscard]] Result<HostIdentity> identity_of_this_machine(const std::string& root = "");

}  // namespace zonecopy::remote
