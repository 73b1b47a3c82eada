// Splits and joins lists of options, which are separated by commas. Pure. libmount's mnt_optstr_next_option() is not
// used: at a quote that is not closed it ends the list without an error, so that the options behind it would be
// ignored.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zonecopy::zonefs {

/// The items of a list. A comma within double quotes is part of an item. Empty items are left out.
[[nodiscard]] std::vector<std::string> split_options(std::string_view text);
[[nodiscard]] std::string join_options(std::span<const std::string> options);

/// A value without the double quotes around it.
[[nodiscard]] std::string_view unquoted(std::string_view value);
/// `value`, in double quotes if it contains a comma, so that split_options does not split it.
[[nodiscard]] std::string quoted_for_list(std::string_view value);

}  // namespace zonecopy::zonefs
