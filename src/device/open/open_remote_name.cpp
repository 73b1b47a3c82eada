#include "src/device/open/open_remote_name.h"

#include "src/device/open/inspect_open.h"
#include "src/device/open/open_stack.h"
#include "src/device/remote/remote_open.h"
#include "src/nvme/fabrics/remote_name.h"

namespace zonecopy {
namespace {

/// What is open to be looked at. The loop is destroyed after the device.
struct Look {
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<ZonedDevice> device;
};

remote::RemoteClaim as_remote(Claim claim) {
  switch (claim) {
    case Claim::look: return remote::RemoteClaim::none;
    case Claim::read: return remote::RemoteClaim::read;
    case Claim::write: return remote::RemoteClaim::write;
  }
  return remote::RemoteClaim::write;
}

Result<std::unique_ptr<ZonedDevice>> open_claimed(EventLoop& loop, const std::string& name, Claim claim,
                                                  bool cross_namespace) {
  const Result<nvme::fabrics::RemoteName> parsed = nvme::fabrics::parse_remote_name(name);
  if (!parsed) return parsed.error();
  return remote::open_remote(loop, *parsed, as_remote(claim), cross_namespace);
}

Result<Look> look_at(const std::string& name) {
  Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options_for(name));
  if (!loop) return loop.error();
  Result<std::unique_ptr<ZonedDevice>> device = open_claimed(**loop, name, Claim::look, false);
  if (!device) return device.error();
  return Look{std::move(*loop), std::move(*device)};
}

}  // namespace

Result<std::unique_ptr<ZonedDevice>> open_remote_name(EventLoop& loop, const std::string& name,
                                                      const OpenOptions& options) {
  if (options.choice != DeviceChoice::automatic) {
    return Error(EINVAL, "open", "device= was given, which is for devices of this machine").on_device(name);
  }
  return open_claimed(loop, name, options.read_only ? Claim::read : Claim::write, options.cross_namespace);
}

Result<Inspection> inspect_remote_name(const std::string& name) {
  const Result<Look> look = look_at(name);
  if (!look) return look.error();
  return look->loop->run(inspect_open(*look->device));
}

Result<std::string> identify_remote_name(const std::string& name) {
  const Result<Look> look = look_at(name);
  if (!look) return look.error();
  return look->device->identity().id;
}

}  // namespace zonecopy
