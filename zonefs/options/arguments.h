// A command line taken apart by getopt_long(3), for every program that has no subcommands. Pure.
#pragma once

#include <getopt.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace zonecopy::zonefs {

// As getopt_long(3) has them.
inline constexpr int unknown_option = '?';
inline constexpr int option_without_value = ':';

struct GivenOption {
  int code = unknown_option;  ///< its letter, or `val` of a long one
  std::string shown;          ///< for people, as it was written: "'-L'", "'--uuid'", "'-x' in '-fx'"
  std::string value;
};

struct Arguments {
  std::vector<GivenOption> options;  ///< in their order; one that is wrong is the last
  std::vector<std::string> operands;
};

enum class OptionOrder : std::uint8_t { any, options_first };

/// `words` without the program's name. `letters` and `long_options` (with an entry of zeros at the end) are
/// getopt_long(3)'s. The order does not depend on POSIXLY_CORRECT: mount(8) gives its helpers operands first.
[[nodiscard]] Arguments parse_arguments(std::span<const char* const> words, const std::string& letters,
                                        const option* long_options, OptionOrder order = OptionOrder::any);

}  // namespace zonecopy::zonefs
