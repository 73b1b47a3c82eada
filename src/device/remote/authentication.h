// The host's part of in-band authentication: the transaction that follows Connect on each queue.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "src/device/remote/connection.h"
#include "src/nvme/fabrics/dhchap_host.h"
#include "src/nvme/fabrics/remote_name.h"

namespace zonecopy::remote {

/// What the host of `host_nqn` proves itself with, and the controller to it, by the files that `name` names. Null where it
/// names none. EACCES, ENOENT and others: a file cannot be read, or others can read it, too; EINVAL: it holds no key for
/// whom it has to.
Result<std::shared_ptr<const nvme::fabrics::dhchap::HostSide>> read_secrets(const nvme::fabrics::RemoteName& name,
                                                                            const std::string& host_nqn);

/// Does what the result of Connect demands, before any other command of the queue. `side` is null without keys. EACCES:
/// one side did not prove itself, or cannot.
Task<Status> authenticate(Connection& connection, std::uint64_t connect_result,
                          const nvme::fabrics::dhchap::HostSide* side, std::uint16_t queue_id);

}  // namespace zonecopy::remote
