#include "src/device/remote/settlement.h"

#include <cstddef>

#include "src/base/endian.h"
#include "src/nvme/io_command.h"

namespace zonecopy::remote {
namespace {

using nvme::Command;
using nvme::Opcode;
using Kind = Change::Kind;

constexpr Judgement foreign{Fate::foreign, 0};

Change data_change(Kind kind, const Command& command) {
  const nvme::BlockCommand decoded = nvme::decode_block_command(command);
  return Change{kind, decoded.start_lba, decoded.blocks};
}

std::span<const std::byte> range_list(const Command& command) {
  return {reinterpret_cast<const std::byte*>(command.addr), command.data_len};
}

Change copy_change(const Command& command) {
  Change change{Kind::copy, nvme::decode_copy(command).destination_lba, 0};
  for (const nvme::CopySource& source : nvme::decode_copy_sources(range_list(command))) change.blocks += source.blocks;
  return change;
}

bool is_dead(const Zone& zone) {
  return zone.condition == ZoneCondition::read_only || zone.condition == ZoneCondition::offline;
}

Judgement judge_data(const Change& change, Lba pointer_lba, const Zone& now) {
  const Lba now_lba = pointer_of(now);
  const Lba end_lba = pointer_lba + change.blocks;
  // A full zone is full of this command's data only if that reaches to its end.
  if (now.condition == ZoneCondition::full && end_lba != now.end_lba()) return foreign;
  if (now_lba < pointer_lba || now_lba > end_lba) return foreign;
  const std::uint64_t done = now_lba - pointer_lba;
  if (done == 0) return {Fate::untouched, 0};
  return {done == change.blocks ? Fate::whole : Fate::part, done};
}

/// Whether `now` is a condition that the action leads to.
bool has_effect(ZoneAction action, const Zone& now) {
  switch (action) {
    case ZoneAction::reset: return now.condition == ZoneCondition::empty;
    case ZoneAction::finish: return now.condition == ZoneCondition::full;
    case ZoneAction::open: return now.condition == ZoneCondition::explicit_open;
    // A zone that was opened and holds nothing is empty again when it is closed.
    case ZoneAction::close: return now.condition == ZoneCondition::closed || now.condition == ZoneCondition::empty;
  }
  return false;
}

Judgement judge_action(const Change& change, std::optional<Lba> pointer_lba, const Zone& now) {
  const bool moves = change.action == ZoneAction::reset || change.action == ZoneAction::finish;
  const bool at_pointer = !pointer_lba || pointer_of(now) == *pointer_lba;
  if (has_effect(change.action, now) && (moves || at_pointer)) return {Fate::whole, 0};
  return at_pointer ? Judgement{Fate::untouched, 0} : foreign;
}

}  // namespace

std::optional<Change> change_of(const Command& command) {
  switch (static_cast<Opcode>(command.opcode)) {
    case Opcode::write: return data_change(Kind::write, command);
    case Opcode::write_zeroes: return data_change(Kind::write_zeroes, command);
    case Opcode::zone_append: return data_change(Kind::append, command);
    case Opcode::copy: return copy_change(command);
    case Opcode::zone_management_send: {
      const nvme::ZoneSend send = nvme::decode_zone_send(command);
      const std::optional<ZoneAction> action = nvme::zone_action(send.action);
      return Change{Kind::manage, send.start_lba, 0, action.value_or(ZoneAction::open)};
    }
    default: return std::nullopt;
  }
}

bool needs_pointer(const Change& change) {
  if (change.kind == Kind::append) return true;
  return change.kind == Kind::manage && (change.action == ZoneAction::reset || change.action == ZoneAction::finish);
}

Lba pointer_of(const Zone& zone) {
  return zone.condition == ZoneCondition::full ? zone.end_lba() : zone.write_pointer_lba;
}

Judgement judge(const Change& change, std::optional<Lba> pointer_lba, const Zone& now) {
  // It is sent again, for the controller to say what is wrong with the zone.
  if (is_dead(now)) return {Fate::untouched, 0};
  if (change.kind == Kind::manage) return judge_action(change, pointer_lba, now);
  return judge_data(change, pointer_lba.value_or(change.start_lba), now);
}

Command rest_of(Command command, Lba start_lba, std::uint64_t blocks_done, std::uint32_t block_size_bytes) {
  const std::uint32_t blocks = nvme::decode_block_command(command).blocks - static_cast<std::uint32_t>(blocks_done);
  const Lba lba = start_lba + blocks_done;
  if (command.opcode == static_cast<std::uint8_t>(Opcode::zone_append)) {
    command.opcode = static_cast<std::uint8_t>(Opcode::write);
  }
  command.cdw10 = static_cast<std::uint32_t>(lba);
  command.cdw11 = static_cast<std::uint32_t>(lba >> 32);
  command.cdw12 = (command.cdw12 & 0xffff0000U) | (blocks - 1);
  if (command.data_len == 0) return command;
  const auto done_bytes = static_cast<std::uint32_t>(blocks_done * block_size_bytes);
  command.addr += done_bytes;
  command.data_len -= done_bytes;
  return command;
}

CopyRest rest_of_copy(const Command& command, std::uint64_t blocks_done) {
  const std::span<const std::byte> list = range_list(command);
  const std::vector<nvme::CopySource> sources = nvme::decode_copy_sources(list);
  const Lba destination_lba = nvme::decode_copy(command).destination_lba + blocks_done;
  CopyRest rest;
  std::uint64_t to_skip = blocks_done;
  for (const nvme::CopySource& source : sources) {
    if (to_skip >= source.blocks) {
      to_skip -= source.blocks;
      ++rest.ranges_done;
      continue;
    }
    nvme::SourceRange range;
    range.snsid = swapped_on_big_endian(source.nsid);
    range.slba = swapped_on_big_endian(source.start_lba + to_skip);
    range.nlb = swapped_on_big_endian(static_cast<std::uint16_t>(source.blocks - to_skip - 1));
    rest.ranges.push_back(range);
    to_skip = 0;
  }
  rest.command = command;
  rest.command.cdw10 = static_cast<std::uint32_t>(destination_lba);
  rest.command.cdw11 = static_cast<std::uint32_t>(destination_lba >> 32);
  rest.command.cdw12 = (command.cdw12 & 0xffffff00U) | static_cast<std::uint32_t>(rest.ranges.size() - 1);
  rest.command.addr = reinterpret_cast<std::uintptr_t>(rest.ranges.data());
  rest.command.data_len = static_cast<std::uint32_t>(rest.ranges.size() * sizeof(nvme::SourceRange));
  return rest;
}

}  // namespace zonecopy::remote
