// Opens a namespace across the network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "src/device/remote/link.h"
#include "src/nvme/fabrics/remote_name.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::remote {

/// How a namespace is opened.
enum class RemoteClaim : std::uint8_t {
  none,   ///< it can only be inspected
  read,   ///< beside others that read
  write,  ///< alone, as far as this machine's programs go
};

/// Runs `loop`, so not from a coroutine; the device does so again when it is destroyed. The name of the device is the
/// canonical form of `name`. EBUSY: another program of this machine has it open. ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH
/// and others: the target is not there. ENOENT: it has no such subsystem; ENXIO: no such namespace; EINVAL: it has
/// several, and `name` does not say which. EACCES: it does not let this host in. EROFS: it is write-protected, and was not to be read only. EOPNOTSUPP: not zoned, or a format that
/// this program does not support. EPROTO: it does not speak NVMe/TCP as it should.
Result<std::unique_ptr<ZonedDevice>> open_remote(EventLoop& loop, const nvme::fabrics::RemoteName& name,
                                                 RemoteClaim claim, bool cross_namespace);

/// The same over connections that `dialer` makes.
struct RemotePlace {
  std::string path;
  std::optional<std::uint32_t> nsid;
  RemoteClaim claim = RemoteClaim::write;
  LinkOptions link;
};
Result<std::unique_ptr<ZonedDevice>> open_over(EventLoop& loop, std::unique_ptr<Dialer> dialer,
                                               const RemotePlace& place);

}  // namespace zonecopy::remote
