// How the tools write numbers for people, and whether in colours.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace zonecopy::tools {

/// "64MiB", "1.5GiB": rounded to a tenth, but a number that is whole in a unit stays exact.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

/// "no limit" for 0, which is how devices and zonefs say it.
[[nodiscard]] std::string limit_text(std::uint64_t limit);

/// One `name value` line each, the values under one another.
void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);

/// Standard output is a terminal and the user has not asked for plain text (https://no-color.org).
[[nodiscard]] bool colours_wanted();

}  // namespace zonecopy::tools
