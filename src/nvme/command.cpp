// Every dword of every command is written down, zeros too, so that a field that is left 0 is seen to be meant.
#include "src/nvme/command.h"

#include <linux/nvme_ioctl.h>

#include <cerrno>
#include <optional>

#include "src/base/endian.h"
#include "src/nvme/copy_format.h"

namespace zonecopy::nvme {
namespace {

// The kernel reads a Command as its own struct, so both must have the same layout.
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
static_assert(offsetof(SourceRange, snsid) == 0);
static_assert(offsetof(SourceRange, reserved4) == 4);
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

/// The kernel converts the command into the byte order of the drive. It does not convert the data.
Command make(Opcode opcode, std::uint32_t nsid, Data data, Dwords dwords) {
  return Command{.opcode = static_cast<std::uint8_t>(opcode),
                 .flags = 0,  // the kernel refuses any, since it chooses between PRPs and SGLs itself
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
                 .timeout_ms = 0,  // the kernel's default
                 .reserved2 = 0};
}

/// The length must have been checked. The kernel maps exactly `data_len` bytes and does not look at the length in the
/// command: if that is greater, the drive transfers beyond the mapped memory.
template <typename T>
Data data_of(std::span<T> data) {
  return Data{reinterpret_cast<std::uintptr_t>(data.data()), static_cast<std::uint32_t>(data.size_bytes())};
}

std::uint32_t low(Lba lba) { return static_cast<std::uint32_t>(lba); }
std::uint32_t high(Lba lba) { return static_cast<std::uint32_t>(lba >> 32); }

/// NLB or NR, which are 0-based, of a count that was checked.
std::uint32_t zero_based(std::size_t count) { return static_cast<std::uint32_t>(count - 1); }

/// Read, Write and Zone Append have the same layout. No protection information, no directive, and no FUA, since
/// durability comes from Flush. `data` must have been checked.
Command transfer(Opcode opcode, const Target& target, Lba lba, Data data) {
  const std::uint32_t blocks = data.size_bytes / target.block_size_bytes;
  const Dwords dwords{
      .cdw10 = low(lba), .cdw11 = high(lba), .cdw12 = zero_based(blocks), .cdw13 = 0, .cdw14 = 0, .cdw15 = 0};
  return make(opcode, target.nsid, data, dwords);
}

/// Zone Send Action (ZNS 1.1, 3.4.3).
std::optional<std::uint8_t> zone_send_action(ZoneAction action) {
  switch (action) {
    case ZoneAction::close: return 0x01;
    case ZoneAction::finish: return 0x02;
    case ZoneAction::open: return 0x03;
    case ZoneAction::reset: return 0x04;
  }
  return std::nullopt;
}

constexpr int copy_descriptor_format_shift = 8;

/// A Copy whose arguments were checked.
Copy make_copy(const Target& target, CopyFormat format, std::uint32_t source_nsid, const CopyCommand& command) {
  Copy made;
  made.ranges.reserve(command.ranges.size());
  // The ranges are data, which the kernel does not convert, so they are written in the byte order of the drive.
  for (const CopyRange& range : command.ranges) {
    made.ranges.push_back(
        SourceRange{.snsid = swapped_on_big_endian(source_nsid),
                    .reserved4 = 0,
                    .slba = swapped_on_big_endian(range.start_lba),
                    .nlb = swapped_on_big_endian(static_cast<std::uint16_t>(zero_based(range.blocks))),
                    .reserved18 = 0,
                    .reserved20 = 0,
                    .eilbrt = 0,
                    .elbat = 0,
                    .elbatm = 0});
  }
  const Dwords dwords{.cdw10 = low(command.destination_lba),
                      .cdw11 = high(command.destination_lba),
                      .cdw12 = zero_based(command.ranges.size()) | static_cast<std::uint32_t>(format)
                                                                       << copy_descriptor_format_shift,
                      .cdw13 = 0,
                      .cdw14 = 0,
                      .cdw15 = 0};
  made.command = make(Opcode::copy, target.nsid, data_of(std::span(made.ranges)), dwords);
  return made;
}

constexpr std::uint32_t zone_report_all = 0;             // CDW13 7:0: ZRA report zones; 15:8: of every state
constexpr std::uint32_t zone_report_partial = 1U << 16;  // the count in the header is that of the zones reported
constexpr int identify_command_set_shift = 24;
constexpr std::uint32_t no_nsid = 0;  // the command is about the controller

}  // namespace

Result<Command> read(const Target& target, Lba lba, std::span<std::byte> data) {
  const Status fits = check_transfer(target, lba, data.size(), target.command_max_bytes, "read");
  if (!fits) return fits.error();
  return transfer(Opcode::read, target, lba, data_of(data));
}

Result<Command> write(const Target& target, Lba lba, std::span<const std::byte> data) {
  const Status fits = check_transfer(target, lba, data.size(), target.command_max_bytes, "write");
  if (!fits) return fits.error();
  return transfer(Opcode::write, target, lba, data_of(data));
}

Result<Command> zone_append(const Target& target, Lba zone_start_lba, std::span<const std::byte> data) {
  const Status starts = check_zone_start(target, zone_start_lba, "zone append");
  if (!starts) return starts.error();
  const Status fits = check_transfer(target, zone_start_lba, data.size(), target.append_max_bytes, "zone append");
  if (!fits) return fits.error();
  return transfer(Opcode::zone_append, target, zone_start_lba, data_of(data));
}

Result<Command> write_zeroes(const Target& target, Lba lba, std::uint64_t blocks) {
  const Status fits = check_zeroes(target, lba, blocks);
  if (!fits) return fits.error();
  const Dwords dwords{
      .cdw10 = low(lba), .cdw11 = high(lba), .cdw12 = zero_based(blocks), .cdw13 = 0, .cdw14 = 0, .cdw15 = 0};
  return make(Opcode::write_zeroes, target.nsid, Data{}, dwords);
}

Command flush(const Target& target) {
  return make(Opcode::flush, target.nsid, Data{},
              {.cdw10 = 0, .cdw11 = 0, .cdw12 = 0, .cdw13 = 0, .cdw14 = 0, .cdw15 = 0});
}

Result<Command> zone_management_send(const Target& target, Lba zone_start_lba, ZoneAction action) {
  const char* const operation = to_string(action).data();
  const Status starts = check_zone_start(target, zone_start_lba, operation);
  if (!starts) return starts.error();
  const std::optional<std::uint8_t> number = zone_send_action(action);
  if (!number) return Error(EINVAL, operation, "no such action").at_lba(zone_start_lba);
  // Bit 8 of CDW13, Select All, must stay 0: with it the command is for every zone of the namespace.
  const Dwords dwords{.cdw10 = low(zone_start_lba),
                      .cdw11 = high(zone_start_lba),
                      .cdw12 = 0,
                      .cdw13 = *number,
                      .cdw14 = 0,
                      .cdw15 = 0};
  return make(Opcode::zone_management_send, target.nsid, Data{}, dwords);
}

Result<Command> zone_report(const Target& target, Lba lba, std::span<std::byte> data) {
  const bool fits = !data.empty() && data.size() % 4 == 0 && data.size() <= target.command_max_bytes;
  if (!fits) return Error(EINVAL, "zone report", "no memory for a report is so long").at_lba(lba);
  if (lba >= target.size_blocks) return Error(EINVAL, "zone report", "beyond the end of the namespace").at_lba(lba);
  const Dwords dwords{.cdw10 = low(lba),
                      .cdw11 = high(lba),
                      .cdw12 = zero_based(data.size() / 4),
                      .cdw13 = zone_report_all | zone_report_partial,
                      .cdw14 = 0,
                      .cdw15 = 0};
  return make(Opcode::zone_management_receive, target.nsid, data_of(data), dwords);
}

Result<Copy> copy(const Target& target, const CopyLimits& limits, const CopyCommand& command) {
  const Status fits = check_copy(target, target, limits, command);
  if (!fits) return fits.error();
  return make_copy(target, CopyFormat::within, 0, command);
}

Result<Copy> copy_across(const Target& target, const Target& source, const CopyLimits& limits,
                         const CopyCommand& command) {
  const Status fits = check_copy(target, source, limits, command);
  if (!fits) return fits.error();
  return make_copy(target, CopyFormat::across, source.nsid, command);
}

Result<Command> identify(std::uint32_t nsid, std::uint8_t cns, std::uint8_t command_set, std::span<std::byte> data) {
  if (data.size() != 4096) return Error(EINVAL, "identify", "Identify returns 4096 bytes");
  const Dwords dwords{.cdw10 = cns,
                      .cdw11 = static_cast<std::uint32_t>(command_set) << identify_command_set_shift,
                      .cdw12 = 0,
                      .cdw13 = 0,
                      .cdw14 = 0,
                      .cdw15 = 0};
  return make(Opcode::identify, nsid, data_of(data), dwords);
}

// CDW10 of Get Features has 000b in bits 10:8 (SEL, the current value), that of Set Features 0 in bit 31 (SV, not saved).
Command get_features(std::uint8_t feature, std::span<std::byte> data) {
  return make(Opcode::get_features, no_nsid, data_of(data),
              {.cdw10 = feature, .cdw11 = 0, .cdw12 = 0, .cdw13 = 0, .cdw14 = 0, .cdw15 = 0});
}

Command set_features(std::uint8_t feature, std::span<const std::byte> data) {
  return make(Opcode::set_features, no_nsid, data_of(data),
              {.cdw10 = feature, .cdw11 = 0, .cdw12 = 0, .cdw13 = 0, .cdw14 = 0, .cdw15 = 0});
}

}  // namespace zonecopy::nvme
