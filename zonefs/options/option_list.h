// Option lists: what stands between commas. The one place that takes them apart. Pure. By hand, as libmount's
// mnt_optstr_next_option() ends a list without a word at a quote that is not closed: options behind it would not count, and
// nobody would be told.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zonecopy::zonefs {

/// The items of a comma list; commas within double quotes are part of an item, empty items are left out.
[[nodiscard]] std::vector<std::string> split_options(std::string_view text);
[[nodiscard]] std::string join_options(std::span<const std::string> options);

/// A value without the double quotes around it.
[[nodiscard]] std::string_view unquoted(std::string_view value);
/// A value that holds a comma with double quotes around it, so that split_options keeps it whole.
[[nodiscard]] std::string quoted_for_list(std::string_view value);

}  // namespace zonecopy::zonefs
