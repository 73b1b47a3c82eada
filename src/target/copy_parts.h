// The source ranges of a Copy command, checked, and put together into the copies that carry it out. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "src/nvme/io_command.h"
#include "src/target/namespace.h"

namespace zonecopy::target {

/// Ranges that follow each other in the list and are of one namespace.
struct CopyPart {
  Namespace* source = nullptr;
  std::vector<Extent> extents;  ///< one a range
  bool fast_copy_only = false;  ///< data must not be moved
};

/// The parts of `command`, which has these ranges and was sent to `destination`; or the status that refuses it. Then
/// nothing has been copied, so the lowest range that was not is the first: DW0 is 0.
[[nodiscard]] std::variant<std::vector<CopyPart>, nvme::StatusCode> make_copy_parts(
    Namespace& destination, const nvme::CopyHeader& command, std::span<const nvme::CopySource> ranges,
    std::span<Namespace* const> peers);

/// The sum of all ranges.
[[nodiscard]] std::uint64_t blocks_of(std::span<const CopyPart> parts);
/// How many ranges, from the first one on, lie within the first `blocks` of the copy.
[[nodiscard]] std::uint32_t whole_ranges(std::span<const CopyPart> parts, std::uint64_t blocks);

}  // namespace zonecopy::target
