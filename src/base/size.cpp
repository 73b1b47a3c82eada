#include "zonecopy/size.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace zonecopy {
namespace {

/// Units by their power of 1024.
constexpr std::array<std::string_view, 5> long_units = {"", "KiB", "MiB", "GiB", "TiB"};
constexpr std::array<std::string_view, 5> short_units = {"", "K", "M", "G", "T"};

std::optional<unsigned> shift_of(std::string_view unit) {
  for (unsigned power = 0; power < long_units.size(); ++power) {
    if (unit == long_units[power] || unit == short_units[power]) return power * 10;
  }
  return std::nullopt;
}

Error invalid_size_error(std::string_view text) {
  return Error(EINVAL, "size",
               fmt::format("'{}' is no size: write it as bytes or with KiB, MiB, GiB or TiB, as in 4GiB", text));
}

Error size_range_error(std::string_view text) {
  return Error(ERANGE, "size", fmt::format("'{}' is too large: sizes are below 16777216TiB", text));
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [digits_end, failure] = std::from_chars(text.data(), end, number);
  if (failure == std::errc::invalid_argument) return invalid_size_error(text);
  const std::optional<unsigned> shift =
      shift_of(std::string_view(digits_end, static_cast<std::size_t>(end - digits_end)));
  if (!shift) return invalid_size_error(text);
  if (failure == std::errc::result_out_of_range) return size_range_error(text);
  if (number > (std::numeric_limits<std::uint64_t>::max() >> *shift)) return size_range_error(text);
  return number << *shift;
}

std::string format_size(std::uint64_t bytes) {
  unsigned power = 0;
  while (bytes != 0 && bytes % 1024 == 0 && power + 1 < long_units.size()) {
    bytes /= 1024;
    ++power;
  }
  return fmt::format("{}{}", bytes, long_units[power]);
}

}  // namespace zonecopy
