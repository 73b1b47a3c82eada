// Every dword of every command is written down, zeros too: what a command does not say, it says on purpose.
#include "src/nvme/command.h"

#include <linux/nvme_ioctl.h>

#include <cassert>
#include <limits>

#include "src/base/endian.h"

namespace zonecopy::nvme {
namespace {

// The kernel takes Command for its own struct; so both are held to the same numbers.
static_assert(sizeof(Command) == 72 && sizeof(nvme_uring_cmd) == 72);
static_assert(offsetof(Command, opcode) == 0 && offsetof(nvme_uring_cmd, opcode) == 0);
static_assert(offsetof(Command, flags) == 1 && offsetof(nvme_uring_cmd, flags) == 1);
static_assert(offsetof(Command, reserved1) == 2 && offsetof(nvme_uring_cmd, rsvd1) == 2);
static_assert(offsetof(Command, nsid) == 4 && offsetof(nvme_uring_cmd, nsid) == 4);
static_assert(offsetof(Command, cdw2) == 8 && offsetof(nvme_uring_cmd, cdw2) == 8);
static_assert(offsetof(Command, cdw3) == 12 && offsetof(nvme_uring_cmd, cdw3) == 12);
static_assert(offsetof(Command, metadata) == 16 && offsetof(nvme_uring_cmd, metadata) == 16);
static_assert(offsetof(Command, addr) == 24 && offsetof(nvme_uring_cmd, addr) == 24);
static_assert(offsetof(Command, metadata_len) == 32 && offsetof(nvme_uring_cmd, metadata_len) == 32);
static_assert(offsetof(Command, data_len) == 36 && offsetof(nvme_uring_cmd, data_len) == 36);
static_assert(offsetof(Command, cdw10) == 40 && offsetof(nvme_uring_cmd, cdw10) == 40);
static_assert(offsetof(Command, cdw11) == 44 && offsetof(nvme_uring_cmd, cdw11) == 44);
static_assert(offsetof(Command, cdw12) == 48 && offsetof(nvme_uring_cmd, cdw12) == 48);
static_assert(offsetof(Command, cdw13) == 52 && offsetof(nvme_uring_cmd, cdw13) == 52);
static_assert(offsetof(Command, cdw14) == 56 && offsetof(nvme_uring_cmd, cdw14) == 56);
static_assert(offsetof(Command, cdw15) == 60 && offsetof(nvme_uring_cmd, cdw15) == 60);
static_assert(offsetof(Command, timeout_ms) == 64 && offsetof(nvme_uring_cmd, timeout_ms) == 64);
static_assert(offsetof(Command, reserved2) == 68 && offsetof(nvme_uring_cmd, rsvd2) == 68);

static_assert(sizeof(SourceRange) == 32);
static_assert(offsetof(SourceRange, reserved0) == 0);
static_assert(offsetof(SourceRange, slba) == 8);
static_assert(offsetof(SourceRange, nlb) == 16);
static_assert(offsetof(SourceRange, reserved18) == 18);
static_assert(offsetof(SourceRange, reserved20) == 20);
static_assert(offsetof(SourceRange, eilbrt) == 24);
static_assert(offsetof(SourceRange, elbat) == 28);
static_assert(offsetof(SourceRange, elbatm) == 30);

struct Data {
  std::uint64_t addr = 0;
  std::uint32_t size_bytes = 0;
};

struct Dwords {
  std::uint32_t cdw10 = 0;
  std::uint32_t cdw11 = 0;
  std::uint32_t cdw12 = 0;
  std::uint32_t cdw13 = 0;
  std::uint32_t cdw14 = 0;
  std::uint32_t cdw15 = 0;
};

/// The kernel puts the command into the byte order of the drive; data it hands over as it lies in memory.
Command make(Opcode opcode, std::uint32_t nsid, Data data, Dwords dwords) {
  return Command{.opcode = static_cast<std::uint8_t>(opcode),
                 .flags = 0,  // the kernel refuses any: how the data is described is its own matter
                 .reserved1 = 0,
                 .nsid = nsid,
                 .cdw2 = 0,
                 .cdw3 = 0,
                 .metadata = 0,
                 .addr = data.addr,
                 .metadata_len = 0,
                 .data_len = data.size_bytes,
                 .cdw10 = dwords.cdw10,
                 .cdw11 = dwords.cdw11,
                 .cdw12 = dwords.cdw12,
                 .cdw13 = dwords.cdw13,
                 .cdw14 = dwords.cdw14,
                 .cdw15 = dwords.cdw15,
                 .timeout_ms = 0,  // the kernel's own
                 .reserved2 = 0};
}

/// The kernel maps exactly this long a piece of memory and does not read the command: a drive that was told a greater
/// length in it would go on behind the piece.
template <typename T>
Data data_of(std::span<T> data) {
  assert(data.size_bytes() <= std::numeric_limits<std::uint32_t>::max());
  return Data{reinterpret_cast<std::uintptr_t>(data.data()), static_cast<std::uint32_t>(data.size_bytes())};
}

std::uint32_t low(Lba lba) { return static_cast<std::uint32_t>(lba); }
std::uint32_t high(Lba lba) { return static_cast<std::uint32_t>(lba >> 32); }

/// NLB. 0 blocks would turn into the most there can be, and overwrite what nobody named.
std::uint16_t zero_based(std::uint32_t blocks) {
  assert(blocks >= 1 && blocks <= 65536);
  return static_cast<std::uint16_t>(blocks - 1);
}

/// Read, Write and Zone Append are laid out alike. No protection information, no directive, no FUA: what has to be
/// durable is flushed.
Command transfer(Opcode opcode, std::uint32_t nsid, Lba lba, std::uint32_t blocks, Data data) {
  assert(blocks != 0 && data.size_bytes != 0 && data.size_bytes % blocks == 0);
  const Dwords dwords{
      .cdw10 = low(lba), .cdw11 = high(lba), .cdw12 = zero_based(blocks), .cdw13 = 0, .cdw14 = 0, .cdw15 = 0};
  return make(opcode, nsid, data, dwords);
}

/// Zone Send Action (ZNS 1.1, 3.4.3).
std::uint8_t zone_send_action(ZoneAction action) {
  switch (action) {
    case ZoneAction::close: return 0x01;
    case ZoneAction::finish: return 0x02;
    case ZoneAction::open: return 0x03;
    case ZoneAction::reset: return 0x04;
  }
  assert(false);
  return 0;  // reserved: the drive refuses it
}

constexpr std::size_t copy_ranges_max = 256;
constexpr std::uint32_t copy_descriptor_format = 0;
constexpr int copy_descriptor_format_shift = 8;

constexpr std::uint32_t zone_report_all = 0;             // CDW13 7:0: ZRA report zones; 15:8: of every state
constexpr std::uint32_t zone_report_partial = 1U << 16;  // count the zones that fit, not those there are
constexpr int identify_command_set_shift = 24;

}  // namespace

Command read(std::uint32_t nsid, Lba lba, std::uint32_t blocks, std::span<std::byte> data) {
  return transfer(Opcode::read, nsid, lba, blocks, data_of(data));
}

Command write(std::uint32_t nsid, Lba lba, std::uint32_t blocks, std::span<const std::byte> data) {
  return transfer(Opcode::write, nsid, lba, blocks, data_of(data));
}

Command zone_append(std::uint32_t nsid, Lba zone_start_lba, std::uint32_t blocks, std::span<const std::byte> data) {
  return transfer(Opcode::zone_append, nsid, zone_start_lba, blocks, data_of(data));
}

Command flush(std::uint32_t nsid) {
  return make(Opcode::flush, nsid, Data{}, {.cdw10 = 0, .cdw11 = 0, .cdw12 = 0, .cdw13 = 0, .cdw14 = 0, .cdw15 = 0});
}

Command zone_management_send(std::uint32_t nsid, Lba zone_start_lba, ZoneAction action) {
  // Bit 8 of CDW13, Select All, stays 0 in every case: it would mean every zone of the namespace.
  const Dwords dwords{.cdw10 = low(zone_start_lba),
                      .cdw11 = high(zone_start_lba),
                      .cdw12 = 0,
                      .cdw13 = zone_send_action(action),
                      .cdw14 = 0,
                      .cdw15 = 0};
  return make(Opcode::zone_management_send, nsid, Data{}, dwords);
}

Command zone_report(std::uint32_t nsid, Lba lba, std::span<std::byte> data) {
  assert(!data.empty() && data.size() % 4 == 0);
  const Dwords dwords{.cdw10 = low(lba),
                      .cdw11 = high(lba),
                      .cdw12 = static_cast<std::uint32_t>(data.size() / 4 - 1),
                      .cdw13 = zone_report_all | zone_report_partial,
                      .cdw14 = 0,
                      .cdw15 = 0};
  return make(Opcode::zone_management_receive, nsid, data_of(data), dwords);
}

// Source ranges are data: the kernel hands them over as they lie in memory, so they are in the byte order of the drive.
std::vector<SourceRange> source_ranges(std::span<const CopyRange> ranges) {
  assert(!ranges.empty() && ranges.size() <= copy_ranges_max);
  std::vector<SourceRange> list;
  list.reserve(ranges.size());
  for (const CopyRange& range : ranges) {
    list.push_back(SourceRange{.reserved0 = 0,
                               .slba = swapped_on_big_endian(range.start_lba),
                               .nlb = swapped_on_big_endian(zero_based(range.blocks)),
                               .reserved18 = 0,
                               .reserved20 = 0,
                               .eilbrt = 0,
                               .elbat = 0,
                               .elbatm = 0});
  }
  return list;
}

Command copy(std::uint32_t nsid, Lba destination_lba, std::span<const SourceRange> ranges) {
  assert(!ranges.empty() && ranges.size() <= copy_ranges_max);
  const auto count = static_cast<std::uint32_t>(ranges.size());
  const Dwords dwords{.cdw10 = low(destination_lba),
                      .cdw11 = high(destination_lba),
                      .cdw12 = (count - 1) | copy_descriptor_format << copy_descriptor_format_shift,
                      .cdw13 = 0,
                      .cdw14 = 0,
                      .cdw15 = 0};
  return make(Opcode::copy, nsid, data_of(ranges), dwords);
}

Command identify(std::uint32_t nsid, std::uint8_t cns, std::uint8_t command_set, std::span<std::byte> data) {
  assert(data.size() == 4096);
  const Dwords dwords{.cdw10 = cns,
                      .cdw11 = static_cast<std::uint32_t>(command_set) << identify_command_set_shift,
                      .cdw12 = 0,
                      .cdw13 = 0,
                      .cdw14 = 0,
                      .cdw15 = 0};
  return make(Opcode::identify, nsid, data_of(data), dwords);
}

}  // namespace zonecopy::nvme
