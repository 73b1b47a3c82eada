// zonecopy run: runs a command whose clones of zone files (cp --reflink) are carried out by copies.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/supervise/start.h"
#include "tools/zonecopy/command.h"

namespace zonecopy::tools {
namespace {

// As env(1) has them.
constexpr int exit_cannot_execute = 126;
constexpr int exit_not_found = 127;

int run_command(char** command, const StartState& start, supervise::SuperviseOptions options) {
  if (*command == nullptr) return fail("run: there is no command; see zonecopy run --help", exit_not_run);
  const Status supervised = supervise::start_supervisor(options);
  if (!supervised) return fail(supervised.error(), exit_not_run);
  restore_process(start);
  execvp(*command, command);
  const int code = errno;
  return fail(fmt::format("run: cannot run '{}': {}", *command, strerrordesc_np(code)),
              code == ENOENT ? exit_not_found : exit_cannot_execute);
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_status, char** command, const StartState& start) {
  const auto options = std::make_shared<supervise::SuperviseOptions>();
  CLI::App& run = *app.add_subcommand(
      "run", "Run a command in which reflinks of zone files (cp --reflink) are copies that the mount makes.");
  // Only for --help: what stands from the command on is not parsed here.
  const auto shown = std::make_shared<std::vector<std::string>>();
  run.add_option("COMMAND", *shown, "what to run, with its own options and arguments");
  run.add_flag("--require-offload", options->require_offload,
               "a reflink fails where the device does not copy by itself");
  run.callback(
      [command, options, shown, &exit_status, &start] { exit_status = run_command(command, start, *options); });
}

}  // namespace zonecopy::tools
