// Sizes as people write them: "4096", "4K", "256MiB". All units are powers of 1024.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "zonecopy/result.h"

namespace zonecopy {

/// Decimal digits and nothing, K, M, G, T, KiB, MiB, GiB or TiB, exactly so. EINVAL, the detail for a person, for
/// anything else ("4Gib", "4 GiB", "4GB", "-1"); ERANGE for what does not fit into 64 bits.
Result<std::uint64_t> parse_size(std::string_view text);

/// The exact size in the largest unit that leaves a whole number: "1536MiB", "4KiB", "1000". parse_size reads it back.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace zonecopy
