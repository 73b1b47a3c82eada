// Identify (NVMe Base 2.0, 5.17).
#include <algorithm>

#include "src/nvme/fabrics/identify_encode.h"
#include "src/target/admin.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;
using Data = std::span<std::byte>;

constexpr std::uint16_t keep_alive_unit_100ms = 1;
constexpr std::uint8_t asynchronous_events = 4;
/// What a controller needs at most to end its commands after its connection is gone, where it copies: one command of the
/// device below, and some more.
constexpr std::uint16_t quiesce_time_ms = 5'000;
constexpr std::uint16_t copy_formats = 1U << 0 | 1U << 2;

std::uint16_t optional_commands() {
  std::uint16_t bits = 0;
  for (const SupportedCommand& command : Namespace::supported_commands()) {
    if (command.opcode == nvme::Opcode::write_zeroes) bits |= fabrics::oncs_write_zeroes;
    if (command.opcode == nvme::Opcode::copy) bits |= fabrics::oncs_copy | fabrics::oncs_copy_atomicity;
  }
  return bits;
}

void put_io(fabrics::ControllerIdentity& identity, const Subsystem& subsystem) {
  identity.type = fabrics::ControllerType::io;
  identity.namespaces = subsystem.nsid_max();
  identity.optional_commands = optional_commands();
  identity.copy_formats = (identity.optional_commands & fabrics::oncs_copy) != 0 ? copy_formats : std::uint16_t{0};
  identity.volatile_write_cache = true;
  identity.several_controllers = subsystem.options().multipath;
}

Outcome of_controller(Data data, const Controller& controller, const Subsystem& subsystem) {
  fabrics::ControllerIdentity identity;
  identity.type = fabrics::ControllerType::discovery;
  identity.controller_id = controller.id();
  identity.serial_number = subsystem.options().serial_number;
  identity.model = "zonecopy";
  identity.firmware = ZONECOPY_VERSION;
  identity.subsystem_nqn = controller.host().subsystem_nqn;
  identity.max_transfer_bytes = subsystem.max_transfer_bytes();
  identity.max_commands = subsystem.options().queue_entries_max;
  identity.keep_alive_unit_100ms = keep_alive_unit_100ms;
  identity.in_capsule_data_bytes = in_capsule_max_bytes;
  identity.asynchronous_events = asynchronous_events;
  identity.quiesce_time_ms = quiesce_time_ms;
  if (controller.kind() == ControllerKind::io) put_io(identity, subsystem);
  fabrics::encode_identity(identity, data);
  return {};
}

fabrics::NamespaceIdentity identity_of(const Namespace& space, const Subsystem& subsystem) {
  const NamespaceFacts& facts = space.facts();
  return {.size_blocks = facts.size_blocks,
          .block_size_bytes = facts.block_size_bytes,
          .zone_size_blocks = facts.zone_size_blocks,
          .resource_limits = facts.resource_limits,
          .copy_limits = facts.copy_limits,
          .reads_across_zones = facts.reads_across_zones,
          .write_protected = facts.read_only,
          .shared = subsystem.options().multipath,
          .nguid = subsystem.uuid_of(space)};
}

fabrics::NamespaceDescriptors descriptors_of(const Namespace& space, const Subsystem& subsystem) {
  const auto& uuid = subsystem.uuid_of(space);
  return {.nguid = uuid, .uuid = uuid, .command_set = nvme::command_set_zoned};
}

/// The structures that are about one namespace. One that does not exist, but could, is all zeros.
Outcome of_namespace(const nvme::Command& command, Data data, const Subsystem& subsystem) {
  if (command.nsid == 0 || command.nsid > subsystem.nsid_max())
    return refused(fabrics::status::invalid_namespace_or_format);
  const Namespace* const space = subsystem.find_namespace(command.nsid);
  const auto cns = static_cast<std::uint8_t>(command.cdw10);
  const auto command_set = static_cast<std::uint8_t>(command.cdw11 >> 24);
  if (space == nullptr) return {};
  const fabrics::NamespaceIdentity facts = identity_of(*space, subsystem);
  if (cns == nvme::cns_namespace) fabrics::encode_identity(facts, data);
  if (cns == fabrics::cns_independent_namespace) fabrics::encode_independent_identity(facts, data);
  if (cns == fabrics::cns_namespace_descriptors) fabrics::encode_descriptors(descriptors_of(*space, subsystem), data);
  if (cns != nvme::cns_command_set_namespace) return {};
  // Of the NVM command set there is nothing to tell: no protection information, no other block formats.
  if (command_set == nvme::command_set_zoned) fabrics::encode_zoned_identity(facts, data);
  const bool known = command_set == nvme::command_set_zoned || command_set == nvme::command_set_nvm;
  return known ? Outcome{} : refused(fabrics::status::invalid_field);
}

/// What a command set tells of the controller.
Outcome of_command_set(std::uint8_t command_set, Data data, const Subsystem& subsystem) {
  if (command_set == nvme::command_set_nvm) {
    fabrics::encode_wzsl(subsystem.max_transfer_bytes(), data);
    return {};
  }
  if (command_set != nvme::command_set_zoned) return refused(fabrics::status::invalid_field);
  fabrics::encode_zasl(subsystem.max_append_bytes(), data);
  return {};
}

Outcome namespace_list(const nvme::Command& command, Data data, const Subsystem& subsystem) {
  constexpr std::uint32_t after_max = 0xffff'fffd;
  if (command.nsid > after_max) return refused(fabrics::status::invalid_namespace_or_format);
  std::vector<std::uint32_t> nsids;
  for (const Namespace* const space : subsystem.namespaces()) nsids.push_back(space->nsid());
  fabrics::encode_namespace_list(nsids, command.nsid, data);
  return {};
}

Outcome controller_list(const nvme::Command& command, Data data, const Subsystem& subsystem) {
  fabrics::encode_controller_list(subsystem.controller_ids(), static_cast<std::uint16_t>(command.cdw10 >> 16), data);
  return {};
}

}  // namespace

Outcome identify(const nvme::Command& command, Data data, const Controller& controller, const Subsystem& subsystem) {
  const auto cns = static_cast<std::uint8_t>(command.cdw10);
  const auto command_set = static_cast<std::uint8_t>(command.cdw11 >> 24);
  if (cns == nvme::cns_controller) return of_controller(data, controller, subsystem);
  if (controller.kind() == ControllerKind::discovery) return refused(fabrics::status::invalid_field);
  switch (cns) {
    case nvme::cns_namespace:
    case fabrics::cns_namespace_descriptors:
    case nvme::cns_command_set_namespace:
    case fabrics::cns_independent_namespace: return of_namespace(command, data, subsystem);
    case nvme::cns_command_set_controller: return of_command_set(command_set, data, subsystem);
    case fabrics::cns_active_namespaces: return namespace_list(command, data, subsystem);
    case fabrics::cns_command_set_active_namespaces:
      if (command_set == nvme::command_set_zoned) return namespace_list(command, data, subsystem);
      // There is no namespace of the NVM command set: the list is empty.
      return command_set == nvme::command_set_nvm ? Outcome{} : refused(fabrics::status::invalid_field);
    case fabrics::cns_controllers_of_namespace:
    case fabrics::cns_controllers: return controller_list(command, data, subsystem);
    case fabrics::cns_command_set_combinations: fabrics::encode_command_set_combination(data); return {};
    default: return refused(fabrics::status::invalid_field);
  }
}

}  // namespace zonecopy::target
