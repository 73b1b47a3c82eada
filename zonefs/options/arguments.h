// Parses a command line by getopt_long(3), for all programs without subcommands. Not for several threads at once.
#pragma once

#include <getopt.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace zonecopy::zonefs {

// Return values of getopt_long(3).
inline constexpr int unknown_option = '?';
inline constexpr int option_without_value = ':';

struct GivenOption {
  int code = unknown_option;  ///< the letter, or `val` of a long option
  std::string shown;          ///< as it was written, for messages: "'-L'", "'--uuid'", "'-x' in '-fx'"
  std::string value;
};

struct Arguments {
  std::vector<GivenOption> options;  ///< in their order; parsing stops after a wrong one
  std::vector<std::string> operands;
};

enum class OptionOrder : std::uint8_t { any, options_first };

/// `words` without the program's name. `letters` and `long_options` (with an entry of zeros at the end) are
/// getopt_long(3)'s. The order does not depend on POSIXLY_CORRECT: mount(8) gives its helpers operands first.
[[nodiscard]] Arguments parse_arguments(std::span<const char* const> words, const std::string& letters,
                                        const option* long_options, OptionOrder order = OptionOrder::any);

}  // namespace zonecopy::zonefs
