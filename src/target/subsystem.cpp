#include "src/target/subsystem.h"

#include <fmt/format.h>

#include <algorithm>

namespace zonecopy::target {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr ControllerId id_max = 0xffef;  // the ones above are reserved

std::uint32_t smallest(const std::vector<NamedNamespace>& namespaces, std::uint32_t NamespaceFacts::*limit) {
  std::uint32_t bytes = namespaces.empty() ? in_capsule_max_bytes : UINT32_MAX;
  for (const NamedNamespace& each : namespaces) bytes = std::min(bytes, each.space->facts().*limit);
  return bytes;
}

}  // namespace

Subsystem::Subsystem(EventLoop& loop, SubsystemOptions options, std::vector<NamedNamespace> namespaces)
    : loop_(loop),
      options_(std::move(options)),
      namespaces_(std::move(namespaces)),
      max_transfer_bytes_(smallest(namespaces_, &NamespaceFacts::max_transfer_bytes)),
      max_append_bytes_(smallest(namespaces_, &NamespaceFacts::max_append_bytes)),
      memory_(loop, std::max(max_transfer_bytes_, in_capsule_max_bytes), in_capsule_max_bytes),
      clock_(loop),
      began_ms_(now_ms()) {
  for (const NamedNamespace& each : namespaces_) spaces_.push_back(each.space.get());
}

std::int64_t Subsystem::now_ms() const { return clock_.now_ns() / ns_per_ms; }

void Subsystem::log(const std::string& text) const {
  if (options_.log) options_.log(text);
}

Namespace* Subsystem::find_namespace(std::uint32_t nsid) const {
  const auto found = std::lower_bound(spaces_.begin(), spaces_.end(), nsid,
                                      [](const Namespace* space, std::uint32_t id) { return space->nsid() < id; });
  return found != spaces_.end() && (*found)->nsid() == nsid ? *found : nullptr;
}

const std::array<std::byte, 16>& Subsystem::uuid_of(const Namespace& space) const {
  const auto found = std::find_if(namespaces_.begin(), namespaces_.end(),
                                  [&](const NamedNamespace& each) { return each.space.get() == &space; });
  return found->uuid;
}

Task<Outcome> Subsystem::flush_all() {
  Outcome outcome;
  for (Namespace* const space : spaces_) {
    const nvme::Command flush{.opcode = static_cast<std::uint8_t>(nvme::Opcode::flush), .nsid = space->nsid()};
    const IoRequest request{.command = flush, .data = {}, .peers = spaces_};
    Outcome flushed = co_await space->carry_out(request);
    if (flushed.status != 0 && outcome.status == 0) outcome = std::move(flushed);
  }
  co_return outcome;
}

bool Subsystem::allows(const std::string& host_nqn) const {
  const auto& allowed = options_.host_nqns;
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), host_nqn) != allowed.end();
}

Controller* Subsystem::find_controller(ControllerId id) const {
  const auto found = controllers_.find(id);
  return found == controllers_.end() || found->second->ending() ? nullptr : found->second.get();
}

std::vector<std::uint16_t> Subsystem::controller_ids() const {
  std::vector<std::uint16_t> ids;
  for (const auto& [id, controller] : controllers_) {
    if (controller->kind() == ControllerKind::io) ids.push_back(id);
  }
  return ids;
}

/// The identifiers go round, so that one is not given again soon: a host that still means the old controller would find
/// another.
ControllerId Subsystem::next_id() {
  do {
    last_id_ = last_id_ >= id_max ? ControllerId{1} : static_cast<ControllerId>(last_id_ + 1);
  } while (controllers_.count(last_id_) != 0);
  return last_id_;
}

Controller* Subsystem::create_controller(ControllerKind kind, const nvme::fabrics::ConnectData& host,
                                         std::uint32_t keep_alive_ms) {
  if (controllers_.size() >= options_.controllers_max) return nullptr;
  const ControllerFacts facts{
      .id = next_id(),
      .kind = kind,
      .host = host,
      .keep_alive_ms = keep_alive_ms,
      .io_queues_max = kind == ControllerKind::io ? options_.io_queues_max : std::uint16_t{0},
      .queue_entries_max = options_.queue_entries_max,
      .memory_bytes = memory_.share_bytes(),
  };
  ++counters_.controllers;
  ++counters_.controllers_total;
  return controllers_.emplace(facts.id, std::make_unique<Controller>(facts)).first->second.get();
}

bool Subsystem::must_settle(const nvme::fabrics::ConnectData& host) const {
  bool must = false;
  for (const auto& [id, controller] : controllers_) {
    if (!controller->same_host(host)) continue;
    QueueHandle* const admin = controller->queue(0);
    const bool broken = admin != nullptr && admin->peer_gone();
    if (broken) admin->shut_down();
    must = must || broken || controller->ending();
  }
  return must;
}

Task<void> Subsystem::settle(const nvme::fabrics::ConnectData& host) {
  while (must_settle(host)) {
    controller_ended_.reset();
    co_await controller_ended_;
  }
}

Task<void> Subsystem::end_controller(Controller& controller) {
  controller.end();
  controller.shut_down_io_queues();
  Event& gone = controller.io_queues_gone();
  co_await gone;
  for (Namespace* const space : spaces_) co_await space->controller_lost(controller.id());
  --counters_.controllers;
  controllers_.erase(controller.id());
  controller_ended_.set();
}

void Subsystem::check_keep_alive() {
  const std::int64_t now = now_ms();
  for (const auto& [id, controller] : controllers_) {
    if (controller->ending() || !controller->silent_for_too_long(now)) continue;
    QueueHandle* const admin = controller->queue(0);
    if (admin == nullptr) continue;
    ++counters_.keep_alive_timeouts;
    log(fmt::format("host {}: said nothing for {} ms; its controller {} ends", controller->host().host_nqn,
                    controller->keep_alive_ms(), id));
    controller->end();
    admin->shut_down();
  }
}

Statistics Subsystem::statistics() const {
  Statistics all = counters_;
  all.uptime_ms = static_cast<std::uint64_t>(now_ms() - began_ms_);
  for (const Namespace* const space : spaces_) {
    const CopyCounters& copies = space->copies();
    all.copy_ranges += copies.ranges;
    all.copy_bytes_offloaded += copies.bytes_offloaded;
    all.copy_bytes_by_kernel += copies.bytes_by_kernel;
    all.copy_bytes_emulated += copies.bytes_emulated;
    all.copies_failed += copies.failed;
  }
  return all;
}

}  // namespace zonecopy::target
