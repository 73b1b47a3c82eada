// The namespace that commands go to, and whether what a command is to say fits it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "zonecopy/command.h"
#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy::nvme {

struct Target {
  std::uint32_t nsid = 0;
  std::uint32_t block_size_bytes = 0;
  std::uint64_t size_blocks = 0;
  std::uint64_t zone_size_blocks = 0;
  std::uint32_t command_max_bytes = 0;  ///< data of one command: MDTS and what the kernel maps in one
  std::uint32_t append_max_bytes = 0;   ///< of one Zone Append: ZASL as well
};

// Each is EINVAL with operation and LBA, the detail saying what is wrong, or success.

/// Whole blocks, none beyond the end of the namespace. No blocks at all are right.
[[nodiscard]] Status check_range(const Target& target, Lba lba, std::size_t size_bytes, const char* operation);
/// The same, and what one command can carry, from one block on.
[[nodiscard]] Status check_transfer(const Target& target, Lba lba, std::size_t size_bytes, std::uint32_t max_bytes,
                                    const char* operation);
/// Where a zone starts.
[[nodiscard]] Status check_zone_start(const Target& target, Lba lba, const char* operation);
/// A list of source ranges that the drive takes: each range, and the destination, in one zone.
[[nodiscard]] Status check_copy(const Target& target, const CopyLimits& limits, const CopyCommand& command);

}  // namespace zonecopy::nvme
