#include "src/target/namespace.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "src/nvme/io_command.h"
#include "src/target/namespace_facts.h"
#include "src/target/outcome.h"

namespace zonecopy::target {
namespace {

constexpr std::uint32_t report_step_zones = 4096;
// Buffers for emulated copies of all hosts. A copy that finds none waits for one of another.
constexpr std::size_t copy_buffer_bytes = 1U << 20;
constexpr std::size_t copy_buffers_max = 64;

/// ZNS has zones of one type only, sequential write required.
Status objection_to(const DeviceInfo& info, const Zone& zone) {
  if (zone.type == ZoneType::sequential_required) return {};
  Error objection(EINVAL, "serve",
                  fmt::format("zone {} of {} is {}, and a zoned namespace of NVMe has only zones that are written in "
                              "sequence; serve a device or image without such zones",
                              zone.index, info.path, to_string(zone.type)));
  objection.on_device(info.path).at_zone(zone.index).detail_says_all();
  return objection;
}

}  // namespace

Namespace::Namespace(EventLoop& loop, std::uint32_t nsid, std::unique_ptr<ZonedDevice> device, NamespaceFacts facts,
                     bool emulate_copies)
    : loop_(loop),
      nsid_(nsid),
      device_(std::move(device)),
      facts_(std::move(facts)),
      emulate_copies_(emulate_copies),
      users_(facts_.zone_count, nobody),
      buffers_(copy_buffer_bytes, copy_buffers_max, &loop.memory()) {}

Task<Result<std::unique_ptr<Namespace>>> Namespace::open(EventLoop& loop, std::uint32_t nsid,
                                                         std::unique_ptr<ZonedDevice> device,
                                                         NamespaceOptions options) {
  Result<NamespaceFacts> facts = describe_namespace(device->info(), options);
  if (!facts) co_return facts.error();
  std::unique_ptr<Namespace> made(
      new Namespace(loop, nsid, std::move(device), std::move(*facts), options.emulate_copies));
  const Status read = co_await made->read_capacities();
  if (!read) co_return read.error();
  co_return made;
}

Task<Status> Namespace::read_capacities() {
  bool equal = true;
  for (std::uint64_t first = 0; first < facts_.zone_count; first += report_step_zones) {
    const Result<std::vector<Zone>> zones =
        co_await device_->report_zones(static_cast<ZoneIndex>(first), report_step_zones);
    if (!zones) co_return zones.error();
    for (const Zone& zone : *zones) {
      const Status right = objection_to(device_->info(), zone);
      if (!right) co_return right;
      capacities_.push_back(zone.capacity_blocks);
      equal = equal && zone.capacity_blocks == capacities_.front();
    }
  }
  if (capacities_.size() != facts_.zone_count) {
    co_return Error(EIO, "serve", "the device reports fewer zones than it has").on_device(device_->info().path);
  }
  if (equal) capacities_.resize(1);
  co_return Status();
}

bool Namespace::in_one_zone(Lba lba, std::uint64_t blocks) const {
  const std::uint64_t offset_blocks = lba % facts_.zone_size_blocks;
  const std::uint64_t capacity_blocks = capacity_of(zone_of(lba));
  return offset_blocks <= capacity_blocks && blocks <= capacity_blocks - offset_blocks;
}

Task<Outcome> Namespace::carry_out(IoRequest request) {
  const nvme::Command& command = request.command;
  Outcome outcome;
  switch (static_cast<nvme::Opcode>(command.opcode)) {
    case nvme::Opcode::read: outcome = co_await read(command, request.data); break;
    case nvme::Opcode::write: outcome = co_await write(command, request.data, request.controller); break;
    case nvme::Opcode::zone_append: outcome = co_await append(command, request.data, request.controller); break;
    case nvme::Opcode::write_zeroes: outcome = co_await write_zeroes(command, request.controller); break;
    case nvme::Opcode::copy: outcome = co_await copy(request); break;
    case nvme::Opcode::zone_management_send: outcome = co_await manage(command, request.controller); break;
    case nvme::Opcode::zone_management_receive: outcome = co_await report(command, request.data); break;
    case nvme::Opcode::flush: outcome = co_await flush(); break;
    default: outcome = refused(nvme::status::invalid_opcode); break;
  }
  co_return outcome;
}

Task<void> Namespace::controller_lost(ControllerId controller) {
  for (ZoneIndex zone = 0; zone < facts_.zone_count; ++zone) {
    if (users_[zone] != controller) continue;
    const KeyedLocks::Guard turn = co_await order_.write(zone);
    if (users_[zone] != controller) continue;  // another has come to use it
    users_[zone] = nobody;
    const std::optional<Zone> now = co_await look_at(zone);
    if (!now || !is_open(now->condition)) continue;
    // Where this fails the device does not do what it should, and nobody is left to be told.
    const Status closed = co_await device_->manage_zone(zone, ZoneAction::close);
    if (!closed) continue;
  }
}

}  // namespace zonecopy::target
