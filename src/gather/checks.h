// What must be right before a gather touches anything. Each error names the range by its number, and the file. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "src/gather/open_file.h"

namespace zonecopy::gather {

/// EINVAL: the range is not within its file, or is not of whole blocks where they have to be.
Status check_range(std::size_t number, const GatherRange& range, const FileFacts& facts);

/// The sum of the lengths; EINVAL if it is no 64-bit number.
Result<std::uint64_t> total_length(std::span<const GatherRange> ranges);

/// Where the first byte goes. EINVAL: a sequential file does not end there, one that is not needs an offset, or the
/// destination takes whole blocks only. EFBIG: `total_bytes` do not fit.
Result<std::uint64_t> place_in(const OpenFile& destination, const FileFacts& facts,
                               std::optional<std::uint64_t> offset_bytes, std::uint64_t total_bytes);

/// EINVAL: the range overlaps with the `total_bytes` that are to be written from `offset_bytes` on.
Status check_apart(std::size_t number, const GatherRange& range, const GatherFile& destination,
                   std::uint64_t offset_bytes, std::uint64_t total_bytes);

/// EINVAL: a destination is named twice.
Status check_different(std::span<const GatherDestination> destinations);

}  // namespace zonecopy::gather
