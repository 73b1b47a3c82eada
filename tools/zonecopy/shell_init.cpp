// zonecopy shell-init: prints what makes cp in an interactive shell go through `zonecopy run`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "tools/supervise/start.h"
#include "tools/zonecopy/command.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {
namespace {

/// Where nothing can be supervised cp stays what it is. In a shell that is supervised itself nothing is missing.
constexpr const char* nothing_text = ":  # zonecopy run is not possible here, or done already\n";

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

/// For Bourne shells, which all know this. An alias of the name would take the function's place while that is read, which
/// zsh does before it carries out the first line: hence an eval of its own. Later it would hide the function.
std::string function_text() {
  const std::string function = fmt::format("cp() {{\n  {} run -- cp \"$@\"\n}}", shell_word(own_path()));
  return fmt::format("unalias cp 2>/dev/null || :\neval {}\n", shell_word(function));
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_bourne(std::string_view shell) {
  constexpr std::array<std::string_view, 7> known = {"bash", "zsh", "sh", "dash", "ash", "ksh", "mksh"};
  return std::ranges::find(known, shell) != known.end();
}

int print_init(const std::string& chosen) {
  if (!chosen.empty() && !is_bourne(last_part(chosen))) {
    return fail(fmt::format("shell-init: '{}' is not known; give --shell bash, zsh or sh", chosen), exit_wrong_usage);
  }
  zonefs::print("{}", supervise::can_supervise() ? function_text() : nothing_text);
  return exit_ok;
}

}  // namespace

void add_shell_init_command(CLI::App& app, int& exit_status) {
  const auto shell = std::make_shared<std::string>();
  CLI::App& command = *app.add_subcommand(
      "shell-init", "Print what makes cp do it by itself: eval \"$(zonecopy shell-init)\" in a shell's start-up file.");
  command.add_option("--shell", *shell, "bash, zsh or sh (default: sh, which is the same for all)")->type_name("SHELL");
  command.callback([shell, &exit_status] { exit_status = print_init(*shell); });
}

}  // namespace zonecopy::tools
