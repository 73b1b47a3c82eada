// Printing that cannot kill: where a line cannot be written (a full disk, a closed pipe or descriptor) it is lost.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <utility>

namespace zonecopy::zonefs {

void print_text(std::FILE* file, std::string_view text);

/// As fmt::print, which throws where it cannot write.
template <typename... Values>
void print(std::FILE* file, fmt::format_string<Values...> format, Values&&... values) {
  print_text(file, fmt::format(format, std::forward<Values>(values)...));
}
template <typename... Values>
void print(fmt::format_string<Values...> format, Values&&... values) {
  print_text(stdout, fmt::format(format, std::forward<Values>(values)...));
}

/// For the end of a program: `status`, or 1 and a line on standard error where standard output was not written completely.
int finish_output(std::string_view program, int status);

}  // namespace zonecopy::zonefs
