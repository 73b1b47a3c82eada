// The order of the checks: the opcode, the fields that the target does not support, protection against writing, sizes,
// and the range of blocks last. The standard leaves it open which of several statuses a command gets.
#include "src/target/io_checks.h"

#include <algorithm>
#include <array>

#include "src/nvme/copy_format.h"
#include "src/nvme/io_command.h"
#include "src/nvme/status_code.h"
#include "src/nvme/zone_report.h"

namespace zonecopy::target {
namespace {

using nvme::Command;
using nvme::Opcode;
namespace status = nvme::status;

constexpr std::array<SupportedCommand, 8> supported = {{
    {Opcode::flush, false},
    {Opcode::write, true},
    {Opcode::read, false},
    {Opcode::write_zeroes, true},
    {Opcode::copy, true},
    {Opcode::zone_management_send, true},
    {Opcode::zone_management_receive, false},
    {Opcode::zone_append, true},
}};

constexpr std::uint8_t fused_mask = 0x03;  // of the byte behind the opcode
constexpr std::uint8_t report_zones = 0;   // ZRA

Transfer refuse(nvme::StatusCode code) { return Transfer{.status = code}; }

bool inside(const NamespaceFacts& facts, Lba lba, std::uint64_t blocks) {
  return lba < facts.size_blocks && blocks <= facts.size_blocks - lba;
}

/// Read, Write and Zone Append: the block range is their data.
Transfer check_transfer(const NamespaceFacts& facts, const Command& command, DataDirection direction,
                        std::uint32_t max_bytes) {
  const nvme::BlockCommand fields = nvme::decode_block_command(command);
  const std::uint64_t length_bytes = std::uint64_t{fields.blocks} * facts.block_size_bytes;
  // A directive that is not enabled is an invalid field (NVMe Base 2.0, 8.7); of Read the bits are reserved.
  if (direction == DataDirection::to_controller && fields.directive_type != 0) return refuse(status::invalid_field);
  if (length_bytes > max_bytes) return refuse(status::invalid_field);
  if (!inside(facts, fields.start_lba, fields.blocks)) return refuse(status::lba_out_of_range);
  return Transfer{.direction = direction, .length_bytes = static_cast<std::uint32_t>(length_bytes)};
}

Transfer check_append(const NamespaceFacts& facts, const Command& command) {
  const nvme::BlockCommand fields = nvme::decode_block_command(command);
  if (fields.start_lba >= facts.size_blocks) return refuse(status::lba_out_of_range);
  if (fields.start_lba % facts.zone_size_blocks != 0) return refuse(status::invalid_field);
  return check_transfer(facts, command, DataDirection::to_controller, facts.max_append_bytes);
}

Transfer check_write_zeroes(const NamespaceFacts& facts, const Command& command) {
  const nvme::BlockCommand fields = nvme::decode_block_command(command);
  if (fields.directive_type != 0) return refuse(status::invalid_field);
  if (!inside(facts, fields.start_lba, fields.blocks)) return refuse(status::lba_out_of_range);
  return Transfer{};
}

Transfer check_zone_send(const NamespaceFacts& facts, const Command& command) {
  const nvme::ZoneSend fields = nvme::decode_zone_send(command);
  // No random write areas, no descriptor extensions, and no device that takes Offline.
  if (!nvme::zone_action(fields.action) || fields.random_write_area) return refuse(status::invalid_field);
  if (fields.all_zones) return Transfer{};
  if (fields.start_lba >= facts.size_blocks) return refuse(status::lba_out_of_range);
  if (fields.start_lba % facts.zone_size_blocks != 0) return refuse(status::invalid_field);
  return Transfer{};
}

Transfer check_zone_receive(const NamespaceFacts& facts, const Command& command) {
  const nvme::ZoneReceive fields = nvme::decode_zone_receive(command);
  // An extended report needs descriptor extensions.
  if (fields.action != report_zones || !nvme::zone_report_filter_known(fields.filter)) {
    return refuse(status::invalid_field);
  }
  if (fields.length_bytes > facts.max_transfer_bytes) return refuse(status::invalid_field);
  if (fields.start_lba >= facts.size_blocks) return refuse(status::lba_out_of_range);
  return Transfer{.direction = DataDirection::to_host, .length_bytes = static_cast<std::uint32_t>(fields.length_bytes)};
}

bool known_format(std::uint8_t format) {
  return format == static_cast<std::uint8_t>(nvme::CopyFormat::within) ||
         format == static_cast<std::uint8_t>(nvme::CopyFormat::across);
}

Transfer check_copy(const NamespaceFacts& facts, const Command& command) {
  const nvme::CopyHeader fields = nvme::decode_copy(command);
  if (!known_format(fields.format) || fields.directive_type != 0) return refuse(status::invalid_field);
  if (fields.ranges > facts.copy_limits.max_ranges) return refuse(status::command_size_limit_exceeded);
  if (fields.destination_lba >= facts.size_blocks) return refuse(status::lba_out_of_range);
  const auto length_bytes = static_cast<std::uint32_t>(fields.ranges * sizeof(nvme::SourceRange));
  return Transfer{.direction = DataDirection::to_controller, .length_bytes = length_bytes};
}

}  // namespace

std::span<const SupportedCommand> Namespace::supported_commands() { return supported; }

Transfer Namespace::transfer_of(const Command& command) const { return check_command(facts_, command); }

Transfer check_command(const NamespaceFacts& facts, const Command& command) {
  const auto opcode = static_cast<Opcode>(command.opcode);
  const auto* const known = std::find_if(supported.begin(), supported.end(),
                                         [opcode](const SupportedCommand& each) { return each.opcode == opcode; });
  if (known == supported.end()) return refuse(status::invalid_opcode);
  if ((command.flags & fused_mask) != 0) return refuse(status::invalid_field);
  if (known->changes_content && facts.read_only) return refuse(status::namespace_write_protected);
  switch (opcode) {
    case Opcode::read: return check_transfer(facts, command, DataDirection::to_host, facts.max_transfer_bytes);
    case Opcode::write: return check_transfer(facts, command, DataDirection::to_controller, facts.max_transfer_bytes);
    case Opcode::zone_append: return check_append(facts, command);
    case Opcode::write_zeroes: return check_write_zeroes(facts, command);
    case Opcode::copy: return check_copy(facts, command);
    case Opcode::zone_management_send: return check_zone_send(facts, command);
    case Opcode::zone_management_receive: return check_zone_receive(facts, command);
    default: return Transfer{};  // Flush
  }
}

}  // namespace zonecopy::target
