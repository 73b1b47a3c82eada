#include "src/device/remote/remote_open.h"

#include <cstring>

#include "src/device/remote/authentication.h"
#include "src/device/remote/host_identity.h"
#include "src/device/remote/remote_device.h"
#include "src/device/remote/tcp_dialer.h"
#include "src/device/write_protection.h"

namespace zonecopy::remote {
namespace {

using nvme::fabrics::RemoteName;

constexpr std::uint32_t ms_per_second = 1000;

Result<HostIdentity> host_of(const RemoteName& name) {
  HostIdentity host;
  // A name that says both needs nothing of the machine.
  if (name.host_nqn.empty() || !name.host_id) {
    Result<HostIdentity> machine = identity_of_this_machine();
    if (!machine) return machine.error();
    host = std::move(*machine);
  }
  if (!name.host_nqn.empty()) host.nqn = name.host_nqn;
  if (name.host_id) std::memcpy(host.id.data(), name.host_id->data(), name.host_id->size());
  return host;
}

LinkOptions options_of(const RemoteName& name, HostIdentity host, bool copy_across) {
  LinkOptions options;
  options.reconnect_ms = name.reconnect_seconds * ms_per_second;
  AssociationOptions& association = options.association;
  association.subsystem_nqn = name.subsystem_nqn;
  association.host_nqn = std::move(host.nqn);
  association.host_id = host.id;
  association.digests = {name.header_digest, name.data_digest};
  association.queue_depth = name.queue_depth;
  association.keep_alive_ms = name.keep_alive_seconds * ms_per_second;
  association.copy_across = copy_across;
  return options;
}

Task<Status> open_link(RemoteDevice::Parts* parts) {
  const Status opened = co_await parts->link->open();
  if (!opened) co_await parts->link->close();
  co_return opened;
}

Task<bool> close_link(RemoteDevice::Parts* parts) {
  co_await parts->link->close();
  co_return true;
}

Result<Claim> claim_namespace(const FoundNamespace& found, const RemotePlace& place) {
  if (place.claim == RemoteClaim::none) return Claim();
  const bool read_only = place.claim == RemoteClaim::read;
  if (!read_only && found.facts.space.write_protected) return write_protected_error(place.path);
  return Claim::take(found.identity, place.path, read_only);
}

}  // namespace

Result<std::unique_ptr<ZonedDevice>> open_remote(EventLoop& loop, const RemoteName& name, RemoteClaim claim,
                                                 bool cross_namespace) {
  Result<HostIdentity> host = host_of(name);
  if (!host) return host.error().on_device(to_string(name));
  Result<std::shared_ptr<const nvme::fabrics::dhchap::HostSide>> secrets = read_secrets(name, host->nqn);
  if (!secrets) return secrets.error();
  const bool copy_across = cross_namespace && claim != RemoteClaim::none;
  RemotePlace place{to_string(name), name.nsid, claim, options_of(name, std::move(*host), copy_across)};
  place.link.association.secrets = std::move(*secrets);
  return open_over(loop, std::make_unique<TcpDialer>(loop, name.host, name.port), place);
}

Result<std::unique_ptr<ZonedDevice>> open_over(EventLoop& loop, std::unique_ptr<Dialer> dialer,
                                               const RemotePlace& place) {
  const AssociationOptions& association = place.link.association;
  RemoteDevice::Parts parts;
  parts.copy_across = association.copy_across;
  parts.same_namespace = std::make_unique<SameNamespace>(place.path, association.subsystem_nqn, place.nsid);
  parts.link = std::make_unique<Link>(loop, std::move(dialer), *parts.same_namespace, place.link);
  const Status opened = loop.run(open_link(&parts));
  if (!opened) {
    Error error = opened.error();
    return error.on_device(place.path);
  }
  const FoundNamespace& found = parts.same_namespace->found();
  Result<Claim> claimed = claim_namespace(found, place);
  if (!claimed) {
    loop.run(close_link(&parts));
    return claimed.error();
  }
  parts.claim = std::move(*claimed);
  nvme::NamespaceFacts facts = found.facts;
  facts.info.kind = DeviceKind::remote;
  return std::unique_ptr<ZonedDevice>(std::make_unique<RemoteDevice>(loop, std::move(facts), std::move(parts)));
}

}  // namespace zonecopy::remote
