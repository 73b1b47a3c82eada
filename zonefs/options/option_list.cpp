#include "zonefs/options/option_list.h"

#include <fmt/format.h>

namespace zonecopy::zonefs {

std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> items(1);
  bool quoted = false;
  for (const char character : text) {
    quoted ^= character == '"';
    if (character == ',' && !quoted) {
      items.emplace_back();
    } else {
      items.back() += character;
    }
  }
  std::erase(items, std::string());
  return items;
}

std::string join_options(std::span<const std::string> options) { return fmt::format("{}", fmt::join(options, ",")); }

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

std::string quoted_for_list(std::string_view value) {
  return value.find(',') == std::string_view::npos ? std::string(value) : fmt::format("\"{}\"", value);
}

}  // namespace zonecopy::zonefs
