#include "src/nvme/io_command.h"

#include "src/base/endian.h"

namespace zonecopy::nvme {
namespace {

constexpr std::uint32_t count_mask = 0xffff;  // NLB, CDW12 15:0
constexpr unsigned directive_shift = 20;      // DTYPE, CDW12 23:20
constexpr std::uint32_t directive_mask = 0xf;
constexpr std::uint32_t force_unit_access_bit = 1U << 30;  // CDW12
// Zone Management Send, CDW13.
constexpr std::uint32_t action_mask = 0xff;
constexpr std::uint32_t select_all_bit = 1U << 8;
constexpr std::uint32_t random_write_area_bit = 1U << 9;
// Zone Management Receive, CDW13.
constexpr unsigned filter_shift = 8;
constexpr std::uint32_t partial_bit = 1U << 16;
// Copy, CDW12.
constexpr std::uint32_t range_count_mask = 0xff;
constexpr unsigned format_shift = 8;
constexpr std::uint32_t format_mask = 0xf;
// Offsets in a descriptor of a source range.
constexpr std::size_t offset_snsid = 0;
constexpr std::size_t offset_slba = 8;
constexpr std::size_t offset_nlb = 16;
constexpr std::size_t offset_sopt = 22;
constexpr std::uint16_t fast_copy_only_bit = 0x8000;

Lba start_of(const Command& command) { return Lba{command.cdw11} << 32 | command.cdw10; }

std::uint8_t directive_of(const Command& command) {
  return static_cast<std::uint8_t>(command.cdw12 >> directive_shift & directive_mask);
}

}  // namespace

BlockCommand decode_block_command(const Command& command) {
  return BlockCommand{.start_lba = start_of(command),
                      .blocks = (command.cdw12 & count_mask) + 1,
                      .force_unit_access = (command.cdw12 & force_unit_access_bit) != 0,
                      .directive_type = directive_of(command)};
}

ZoneSend decode_zone_send(const Command& command) {
  return ZoneSend{.start_lba = start_of(command),
                  .action = static_cast<std::uint8_t>(command.cdw13 & action_mask),
                  .all_zones = (command.cdw13 & select_all_bit) != 0,
                  .random_write_area = (command.cdw13 & random_write_area_bit) != 0};
}

std::optional<ZoneAction> zone_action(std::uint8_t action) {
  switch (action) {
    case ZoneSend::close: return ZoneAction::close;
    case ZoneSend::finish: return ZoneAction::finish;
    case ZoneSend::open: return ZoneAction::open;
    case ZoneSend::reset: return ZoneAction::reset;
    default: return std::nullopt;
  }
}

ZoneReceive decode_zone_receive(const Command& command) {
  return ZoneReceive{.start_lba = start_of(command),
                     .length_bytes = (std::uint64_t{command.cdw12} + 1) * 4,
                     .action = static_cast<std::uint8_t>(command.cdw13 & action_mask),
                     .filter = static_cast<std::uint8_t>(command.cdw13 >> filter_shift & action_mask),
                     .partial = (command.cdw13 & partial_bit) != 0};
}

CopyHeader decode_copy(const Command& command) {
  return CopyHeader{.destination_lba = start_of(command),
                    .ranges = (command.cdw12 & range_count_mask) + 1,
                    .format = static_cast<std::uint8_t>(command.cdw12 >> format_shift & format_mask),
                    .directive_type = directive_of(command),
                    .force_unit_access = (command.cdw12 & force_unit_access_bit) != 0};
}

std::vector<CopySource> decode_copy_sources(std::span<const std::byte> list) {
  std::vector<CopySource> sources;
  sources.reserve(list.size() / sizeof(SourceRange));
  while (list.size() >= sizeof(SourceRange)) {
    sources.push_back(
        CopySource{.nsid = little_endian<std::uint32_t>(list, offset_snsid),
                   .start_lba = little_endian<std::uint64_t>(list, offset_slba),
                   .blocks = little_endian<std::uint16_t>(list, offset_nlb) + 1U,
                   .fast_copy_only = (little_endian<std::uint16_t>(list, offset_sopt) & fast_copy_only_bit) != 0});
    list = list.subspan(sizeof(SourceRange));
  }
  return sources;
}

}  // namespace zonecopy::nvme
