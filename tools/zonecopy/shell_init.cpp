// zonecopy shell-init: prints what makes cp in an interactive shell go through `zonecopy run`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "tools/supervise/start.h"
#include "tools/zonecopy/command.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {
namespace {

/// For Bourne shells, which all know this. An alias of that name would take its place while the function is read.
constexpr const char* function_text =
    "unalias cp 2>/dev/null || :\n"
    "cp() {{\n"
    "  {} run -- cp \"$@\"\n"
    "}}\n";

/// For a shell that is supervised itself, where a second supervisor would be refused, and nothing is missing.
constexpr const char* nothing_text = ":  # cp is supervised here already\n";

/// As one word of a shell.
std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char character : text) word += character == '\'' ? std::string("'\\''") : std::string(1, character);
  return word + "'";
}

/// This program: PATH may not lead to it.
std::string own_path() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "zonecopy" : path.string();
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_bourne(std::string_view shell) {
  constexpr std::array<std::string_view, 7> known = {"bash", "zsh", "sh", "dash", "ash", "ksh", "mksh"};
  return std::ranges::find(known, shell) != known.end();
}

int print_init(const std::string& chosen) {
  const char* of_user = std::getenv("SHELL");
  const std::string shell = !chosen.empty() ? chosen : of_user == nullptr ? "sh" : std::string(last_part(of_user));
  if (!is_bourne(shell)) {
    return fail(fmt::format("shell-init: '{}' is not known; give --shell bash, zsh or sh", shell), exit_wrong_usage);
  }
  if (supervise::is_supervised()) {
    zonefs::print("{}", nothing_text);
  } else {
    zonefs::print(function_text, shell_word(own_path()));
  }
  return exit_ok;
}

}  // namespace

void add_shell_init_command(CLI::App& app, int& exit_status) {
  const auto shell = std::make_shared<std::string>();
  CLI::App& command = *app.add_subcommand(
      "shell-init", "Print what makes cp do it by itself: eval \"$(zonecopy shell-init)\" in a shell's start-up file.");
  command.add_option("--shell", *shell, "bash, zsh or sh (default: what SHELL names)")->type_name("SHELL");
  command.callback([shell, &exit_status] { exit_status = print_init(*shell); });
}

}  // namespace zonecopy::tools
