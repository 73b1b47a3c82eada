// zonecopy shell-init: prints what makes cp in an interactive shell go through `zonecopy run`.
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "tools/zonecopy/command.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {
namespace {

/// Bourne shells all know this. An alias of that name would be put in its place while the function is read.
constexpr std::string_view posix_function =
    "unalias cp 2>/dev/null || :\n"
    "cp() {\n"
    "  command zonecopy run -- cp \"$@\"\n"
    "}\n";

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_bourne(std::string_view shell) {
  for (const std::string_view known : {"bash", "zsh", "sh", "dash", "ash", "ksh", "mksh"}) {
    if (shell == known) return true;
  }
  return false;
}

int print_init(const std::string& chosen) {
  const char* of_user = std::getenv("SHELL");
  const std::string shell = !chosen.empty() ? chosen : of_user == nullptr ? "sh" : std::string(last_part(of_user));
  if (!is_bourne(shell)) {
    return fail(fmt::format("shell-init: '{}' is not known; give --shell bash, zsh or sh", shell), exit_wrong_usage);
  }
  zonefs::print("{}", posix_function);
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
