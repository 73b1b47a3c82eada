// What a mount of zonecopyfs tells about itself: the extended attributes user.zonecopy.* of its files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zonecopy/result.h"

namespace zonecopy::tools {

/// Names, without their common prefix, and values.
using Attributes = std::vector<std::pair<std::string, std::string>>;

/// All that `path` has, in the order in which the file system lists them; none for a file of another file system.
Result<Attributes> read_attributes(const std::string& path);

[[nodiscard]] std::optional<std::string> find_attribute(const Attributes& attributes, std::string_view name);
/// `text` if it is a decimal number and nothing else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);
/// An attribute that counts something; 0 if there is none.
[[nodiscard]] std::uint64_t counter(const Attributes& attributes, std::string_view name);

}  // namespace zonecopy::tools
