// How the tools print numbers for people, and whether they use colours.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace zonecopy::tools {

/// "64MiB", "1.5GiB": exact if it is a whole number of a unit, else rounded to a tenth.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

/// "no limit" for 0, which means that for devices and for zonefs.
[[nodiscard]] std::string limit_text(std::uint64_t limit);

/// Prints one line `name value` for each pair, with the values aligned.
void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);

/// Whether standard output is a terminal and the user has not set NO_COLOR (https://no-color.org).
[[nodiscard]] bool colours_wanted();

}  // namespace zonecopy::tools
