// NVMe commands for io_uring passthrough: builders that make a 72-byte command from typed arguments. Pure. Counts are
// 0-based only inside the commands, never in arguments.
//
// A builder returns EINVAL for an argument that does not fit into its field or into the namespace. Truncated to the
// width of the field it would make another command, for other blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/nvme/target.h"
#include "zonecopy/command.h"
#include "zonecopy/zone.h"

namespace zonecopy::nvme {

/// struct nvme_uring_cmd of <linux/nvme_ioctl.h>: the payload of IORING_OP_URING_CMD in a 128-byte entry (SQE128).
struct Command {
  std::uint8_t opcode = 0;
  std::uint8_t flags = 0;
  std::uint16_t reserved1 = 0;
  std::uint32_t nsid = 0;
  std::uint32_t cdw2 = 0;
  std::uint32_t cdw3 = 0;
  std::uint64_t metadata = 0;
  std::uint64_t addr = 0;
  std::uint32_t metadata_len = 0;
  std::uint32_t data_len = 0;
  std::uint32_t cdw10 = 0;
  std::uint32_t cdw11 = 0;
  std::uint32_t cdw12 = 0;
  std::uint32_t cdw13 = 0;
  std::uint32_t cdw14 = 0;
  std::uint32_t cdw15 = 0;
  std::uint32_t timeout_ms = 0;
  std::uint32_t reserved2 = 0;
};

enum class Opcode : std::uint8_t {
  flush = 0x00,
  write = 0x01,
  read = 0x02,
  write_zeroes = 0x08,
  copy = 0x19,
  zone_management_send = 0x79,
  zone_management_receive = 0x7a,
  zone_append = 0x7d,
  identify = 0x06,      ///< admin
  set_features = 0x09,  ///< admin
  get_features = 0x0a,  ///< admin
};

/// One entry of a Copy's source range list, descriptor formats 0 and 2 (NVM Command Set 1.1, 3.2.2.1). They differ in
/// one field.
struct SourceRange {
  std::uint32_t snsid = 0;  ///< format 2: the source namespace; format 0: reserved
  std::uint32_t reserved4 = 0;
  std::uint64_t slba = 0;
  std::uint16_t nlb = 0;  ///< 0-based
  std::uint16_t reserved18 = 0;
  std::uint32_t reserved20 = 0;
  std::uint32_t eilbrt = 0;
  std::uint16_t elbat = 0;
  std::uint16_t elbatm = 0;
};

/// `data` must live until the command has completed. Its alignment does not matter: the kernel copies what the drive
/// cannot address. No builder sets a timeout: with 0 the kernel waits 30 s, for an admin command 60 s, and then resets
/// the controller.
[[nodiscard]] Result<Command> read(const Target& target, Lba lba, std::span<std::byte> data);
[[nodiscard]] Result<Command> write(const Target& target, Lba lba, std::span<const std::byte> data);
[[nodiscard]] Result<Command> zone_append(const Target& target, Lba zone_start_lba, std::span<const std::byte> data);
/// Write Zeroes (NVM Command Set 1.1, 3.2.8). The blocks must stay readable as zeros in every zone, so DEAC is 0.
[[nodiscard]] Result<Command> write_zeroes(const Target& target, Lba lba, std::uint64_t blocks);
[[nodiscard]] Command flush(const Target& target);
[[nodiscard]] Result<Command> zone_management_send(const Target& target, Lba zone_start_lba, ZoneAction action);
/// Zone Management Receive: a partial report of the zones from `lba` on, as many as fit into `data` (a multiple of 4
/// bytes).
[[nodiscard]] Result<Command> zone_report(const Target& target, Lba lba, std::span<std::byte> data);

/// A Copy command and the range list that it points to. Moving a Copy does not move the list in memory.
struct Copy {
  std::vector<SourceRange> ranges;
  Command command;
};
/// Each source range, and the destination, must lie within one zone, and all within `limits`; else EINVAL. The ranges
/// are of the target itself (format 0).
[[nodiscard]] Result<Copy> copy(const Target& target, const CopyLimits& limits, const CopyCommand& command);
/// The same with ranges that are all of `source`, another namespace of the controller (format 2, which has to be enabled:
/// see host_behavior.h). One command never has ranges of both kinds: QEMU up to 10.0 reads the wrong namespace then.
[[nodiscard]] Result<Copy> copy_across(const Target& target, const Target& source, const CopyLimits& limits,
                                       const CopyCommand& command);

/// Identify (admin; NVMe Base 2.0, 5.17): `data` is 4096 bytes.
[[nodiscard]] Result<Command> identify(std::uint32_t nsid, std::uint8_t cns, std::uint8_t command_set,
                                       std::span<std::byte> data);

/// Get Features and Set Features (admin; NVMe Base 2.0, 5.15 and 5.27) of a feature of the controller whose value is data.
/// Get asks for the current value; what is set is not saved, so that a reset of the controller undoes it.
[[nodiscard]] Command get_features(std::uint8_t feature, std::span<std::byte> data);
[[nodiscard]] Command set_features(std::uint8_t feature, std::span<const std::byte> data);

}  // namespace zonecopy::nvme
