#include "tools/zonecopy/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace zonecopy::tools {

std::string human_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> units = {"", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  while (unit + 1 < units.size() && bytes >> (10 * (unit + 1)) != 0) ++unit;
  const std::uint64_t whole = bytes >> (10 * unit);
  if (whole << (10 * unit) == bytes) return fmt::format("{}{}", whole, units[unit]);
  const double scaled = static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << (10 * unit));
  return fmt::format("{:.1f}{}", scaled, units[unit]);
}

std::string limit_text(std::uint64_t limit) { return limit == 0 ? "no limit" : fmt::format("{}", limit); }

void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::size_t width = 0;
  for (const auto& [name, value] : pairs) width = std::max(width, name.size());
  for (const auto& [name, value] : pairs) fmt::print("{:<{}}  {}\n", name, width, value);
}

bool colours_wanted() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace zonecopy::tools
