// The namespace that commands go to, and checks that the arguments of a command fit it. Pure.
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
  std::uint32_t command_max_bytes = 0;  ///< largest data of one command: limited by MDTS and by what the kernel maps
  std::uint32_t append_max_bytes = 0;   ///< largest data of one Zone Append: limited by ZASL as well
  std::uint32_t zeroes_max_bytes = 0;   ///< largest range of one Write Zeroes; 0 where there is no such command
};

// Each check returns success, or EINVAL with the operation, the LBA and a detail that says what is wrong.

/// The range is whole blocks, none beyond the end of the namespace. An empty range is valid.
[[nodiscard]] Status check_range(const Target& target, Lba lba, std::size_t size_bytes, const char* operation);
/// The same for a range that is given in blocks.
[[nodiscard]] Status check_blocks(const Target& target, Lba lba, std::uint64_t blocks, const char* operation);
/// check_range(), and the range fits into one command: it has at least one block, and at most `max_bytes`.
[[nodiscard]] Status check_transfer(const Target& target, Lba lba, std::size_t size_bytes, std::uint32_t max_bytes,
                                    const char* operation);
/// `blocks` can be the range of one Write Zeroes: inside the namespace, and within its limit.
[[nodiscard]] Status check_zeroes(const Target& target, Lba lba, std::uint64_t blocks);
/// The most blocks that one Write Zeroes can write: its limit, and the 16 bits of the count.
[[nodiscard]] std::uint64_t zeroes_max_blocks(const Target& target);
/// `lba` is the start of a zone.
[[nodiscard]] Status check_zone_start(const Target& target, Lba lba, const char* operation);
/// The drive can take the command, whose ranges are of `source`: they keep to `limits`; each lies within one zone of the
/// source, and the destination within one of the target. An error about a range names the LBA of the source, and
/// CopySide::source.
[[nodiscard]] Status check_copy(const Target& target, const Target& source, const CopyLimits& limits,
                                const CopyCommand& command);

}  // namespace zonecopy::nvme
