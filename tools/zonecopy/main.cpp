// zonecopy: the command-line tool. One subcommand a file; this one reads the command line and says what is wrong with it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>

#include "tools/zonecopy/command.h"
#include "zonefs/host/print.h"
#include "zonefs/host/process_start.h"

namespace zonecopy::tools {
namespace {

using AddCommand = void (*)(CLI::App& app, int& exit_status);
constexpr AddCommand commands[] = {add_image_command, add_format_command,    add_report_command,  add_status_command,
                                   add_copy_command,  add_clone_command,     add_compact_command, add_serve_command,
                                   add_bench_command, add_shell_init_command};

constexpr const char* footer =
    "Exit status: 0 done, 1 failed, 2 wrong usage; of run, the command's. See zonecopy(1).\n"
    "A SIZE is in bytes or has a suffix of 1024: 4096, 4K, 4KiB, 64M, 1G, 2T.";

/// "zonecopy image create", as far as the command line got.
std::string command_name(const CLI::App& app) {
  std::string name = app.get_name();
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? name : name + ' ' + command_name(*chosen.front());
}

/// What stands where a subcommand should, if that is what is wrong.
std::string no_subcommand(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  if (!chosen.empty()) return no_subcommand(*chosen.front());
  const bool has_subcommands = !app.get_subcommands([](const CLI::App*) { return true; }).empty();
  const std::vector<std::string> rest = app.remaining();
  return has_subcommands && !rest.empty() ? rest.front() : "";
}

int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);  // --help, --version
  const std::string unknown = no_subcommand(app);
  std::string text =
      unknown.empty() ? error.what() : fmt::format("'{}' is neither an option nor a subcommand", unknown);
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::string name = command_name(app);
  zonefs::print(stderr, "{}: {}; see {} --help\n", name, text, name);
  return app.got_subcommand("run") ? exit_not_run : exit_wrong_usage;
}

/// How many of the arguments are for this program: all, or those up to the command that `run` gets. Options of the
/// command must not be taken for ours.
int own_arguments(int argc, char** argv) {
  const auto is_option = [&](int i) { return argv[i][0] == '-' && argv[i][1] != '\0'; };
  int i = 1;
  while (i < argc && is_option(i)) ++i;
  if (i == argc || std::strcmp(argv[i], "run") != 0) return argc;
  for (++i; i < argc && is_option(i); ++i) {
    if (std::strcmp(argv[i], "--") == 0) return i;
  }
  return i;
}

int run(int argc, char** argv, const StartState& start) {
  const int own = own_arguments(argc, argv);
  char** command = argv + own;
  if (own < argc && std::strcmp(*command, "--") == 0) ++command;
  int exit_status = exit_ok;
  CLI::App app("Copies data on zoned storage without moving it through the host.", "zonecopy");
  app.set_version_flag("--version", "zonecopy " ZONECOPY_VERSION);
  app.footer(footer);
  app.require_subcommand(1);
  for (const AddCommand add : commands) add(app, exit_status);
  add_run_command(app, exit_status, command, start);
  try {
    app.parse(own, argv);
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  return zonefs::finish_output("zonecopy", exit_status);
}

}  // namespace
}  // namespace zonecopy::tools

int main(int argc, char** argv) {
  const zonecopy::tools::StartState start = zonecopy::tools::prepare_process();
  try {
    return zonecopy::tools::run(argc, argv, start);
  } catch (
      const std::exception& failure) {  // no memory, output that cannot be written, a kernel that takes no more work
    return zonecopy::tools::fail(failure.what());
  }
}
