// Sizes as people write them: "4096", "4K", "256MiB". All units are powers of 1024. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "zonecopy/result.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Parses a size and returns bytes. A size is decimal digits, then nothing or K, M, G, T, KiB, MiB, GiB or TiB, written
/// exactly so. EINVAL for anything else ("4Gib", "4 GiB", "4GB", "-1"); ERANGE for what does not fit into 64 bits. The
/// detail of the error is for a person.
Result<std::uint64_t> parse_size(std::string_view text);

/// The exact size in the largest unit that leaves a whole number: "1536MiB", "4KiB", "1000". parse_size reads it back.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace zonecopy

#pragma GCC visibility pop
