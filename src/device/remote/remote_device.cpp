#include "src/device/remote/remote_device.h"

#include <fmt/format.h>

#include "src/device/remote/retry.h"
#include "src/device/write_protection.h"
#include "src/uring/farewell.h"

namespace zonecopy::remote {
namespace {

using nvme::Command;
using nvme::Completion;

/// Closes a link on a loop that runs.
Task<void> close_later(RemoteDevice::Parts parts) { co_await parts.link->close(); }

Task<bool> closed(RemoteDevice::Parts* parts) {
  co_await parts->link->close();
  co_return true;
}

Completion failed(std::string detail) { return Completion{-EIO, 0, std::move(detail)}; }

}  // namespace

RemoteDevice::RemoteDevice(EventLoop& loop, nvme::NamespaceFacts facts, Parts parts)
    : NamespaceDevice(loop, std::move(facts)), parts_(std::move(parts)) {}

RemoteDevice::~RemoteDevice() {
  if (loop().running()) {
    say_farewell(loop(), close_later(std::move(parts_)));
  } else {
    loop().run(closed(&parts_));
  }
}

DeviceIdentity RemoteDevice::identity() const {
  return {info().path, "nvme-tcp " + parts_.same_namespace->found().identity};
}

Status RemoteDevice::make_writable() {
  if (facts().space.write_protected) return write_protected_error(info().path);
  Status claimed = parts_.claim.make_exclusive(info().path);
  return claimed;
}

Task<Completion> RemoteDevice::submit(Command command) {
  const std::optional<Change> change = change_of(command);
  if (change) {
    Completion changed = co_await send_change(command, *change);
    co_return changed;
  }
  Completion completion = co_await send_repeatable(command);
  co_return completion;
}

/// Sends a command once, as soon as there is a connection. `result` may be result_lost; it is -EIO where there will be
/// no connection in time.
Task<Completion> RemoteDevice::send(Command command) {
  std::shared_ptr<Association> association = parts_.link->now();
  if (!association) {
    Result<std::shared_ptr<Association>> waited = co_await parts_.link->wait();
    if (!waited) {
      const Error& error = waited.error();
      co_return failed(error.detail());
    }
    association = std::move(*waited);
  }
  Completion completion = co_await association->io(command);
  co_return completion;
}

/// A command that changes nothing: it is sent until there is an answer.
Task<Completion> RemoteDevice::send_repeatable(Command command) {
  Completion completion;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    completion = co_await send(command);
    if (!went_astray(completion) && completion.result != result_bad_digest) co_return completion;
  }
  co_return astray_too_often(std::move(completion));
}

/// Keeps the write pointers that are known up to date: only what an answer tells is known.
void RemoteDevice::note(const Completion& completion, const Change& change) {
  const ZoneIndex zone = info().zone_of(change.start_lba);
  if (completion.result != 0) {
    pointers_.erase(zone);
    return;
  }
  switch (change.kind) {
    case Change::Kind::write:
    case Change::Kind::write_zeroes:
    case Change::Kind::copy: pointers_[zone] = change.start_lba + change.blocks; break;
    case Change::Kind::append: pointers_[zone] = completion.value + change.blocks; break;
    case Change::Kind::manage:
      if (change.action == ZoneAction::reset) pointers_[zone] = info().zone_start(zone);
      if (change.action == ZoneAction::finish) pointers_.erase(zone);
      break;
  }
}

Task<Completion> RemoteDevice::send_change(Command command, Change change) {
  const GatePass pass(parts_.link->changes());
  const ZoneIndex zone = info().zone_of(change.start_lba);
  std::optional<Lba> pointer_lba;
  if (const auto known = pointers_.find(zone); known != pointers_.end()) pointer_lba = known->second;
  if (!pointer_lba && needs_pointer(change)) {
    const Result<Lba> found = co_await find_pointer(zone);
    if (!found) co_return failed(found.error().detail());
    pointer_lba = *found;
  }
  Completion completion;
  switch (change.kind) {
    case Change::Kind::copy: completion = co_await send_copy(command, change); break;
    case Change::Kind::manage: completion = co_await send_action(command, change, pointer_lba); break;
    case Change::Kind::append: completion = co_await send_data(command, change, pointer_lba); break;
    case Change::Kind::write:
    case Change::Kind::write_zeroes: completion = co_await send_data(command, change, change.start_lba); break;
  }
  note(completion, change);
  co_return completion;
}

CopyRoute RemoteDevice::copy_route(const ZonedDevice& source) const {
  const auto* const other = dynamic_cast<const RemoteDevice*>(&source);
  if (other == nullptr || other == this) return ZonedDevice::copy_route(source);
  const auto emulated = [](std::string why) { return CopyRoute{CopyPath::emulated, {}, std::move(why)}; };
  const std::string& subsystem = parts_.same_namespace->subsystem_nqn();
  if (subsystem != other->parts_.same_namespace->subsystem_nqn()) {
    return emulated(fmt::format("{} and {} are not namespaces of one subsystem", other->info().path, info().path));
  }
  if (!parts_.copy_across || !other->parts_.copy_across) return emulated("option cross-namespace=off");
  std::string why = nvme::why_no_copy_across(facts().controller, facts().space, other->facts().space);
  if (why.empty()) why = parts_.same_namespace->copy_across_objection();
  const auto refusal = refusals_.find(other->facts().target.nsid);
  if (why.empty() && refusal != refusals_.end()) why = refusal->second;
  if (!why.empty()) return emulated(std::move(why));
  return {CopyPath::offloaded, nvme::copy_limits_across(facts().space, other->facts().space), {}};
}

/// Whether the NSID of `source` is that namespace at the controller of this device, too: two targets may call
/// themselves by one name.
Task<bool> RemoteDevice::reaches(const RemoteDevice& source) {
  const std::uint32_t nsid = source.facts().target.nsid;
  if (reached_.contains(nsid)) co_return true;
  const std::shared_ptr<Association> association = parts_.link->now();
  if (!association) co_return true;  // the command waits, and what was asked before it is of no use then
  const std::string identity = co_await parts_.same_namespace->identity_of(*association, nsid);
  const bool same = identity == source.parts_.same_namespace->found().identity;
  if (same) reached_.insert(nsid);
  co_return same || association->reason().has_value();
}

Task<Completion> RemoteDevice::submit_copy(Command command, nvme::NamespaceDevice& source) {
  const auto* const other = dynamic_cast<const RemoteDevice*>(&source);
  if (other != nullptr && other != this) {
    const bool same = co_await reaches(*other);
    if (!same) {
      Completion elsewhere{-EOPNOTSUPP, 0, "the target has another namespace by the number of the source"};
      co_return elsewhere;
    }
  }
  Completion completion = co_await submit(command);
  co_return completion;
}

void RemoteDevice::note_refusal_across(nvme::NamespaceDevice& source, const Error& error) {
  const auto* const other = dynamic_cast<const RemoteDevice*>(&source);
  if (other == nullptr) return;
  refusals_[other->facts().target.nsid] =
      fmt::format("the controller has refused copies from {} for good: {}", other->info().path, error.to_string());
}

}  // namespace zonecopy::remote
