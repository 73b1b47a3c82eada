// Printing that never throws: a line that cannot be written (full disk, closed pipe or descriptor) is lost.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <utility>

namespace zonecopy::zonefs {

void print_text(std::FILE* file, std::string_view text);

/// Prints as fmt::print does, but does not throw where it cannot write.
template <typename... Values>
void print(std::FILE* file, fmt::format_string<Values...> format, Values&&... values) {
  print_text(file, fmt::format(format, std::forward<Values>(values)...));
}
template <typename... Values>
void print(fmt::format_string<Values...> format, Values&&... values) {
  print_text(stdout, fmt::format(format, std::forward<Values>(values)...));
}

/// The exit status of a program: `status`, or 1, after a line on standard error, if standard output was not written
/// completely.
int finish_output(std::string_view program, int status);

}  // namespace zonecopy::zonefs
