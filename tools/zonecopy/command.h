// What the subcommands of `zonecopy` share. Each subcommand has a file of its own and adds itself to the command line.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "tools/zonecopy/start.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/result.h"

namespace zonecopy::tools {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;       ///< the operation failed
inline constexpr int exit_wrong_usage = 2;  ///< the command line is wrong; nothing was tried

inline constexpr int exit_not_run = 125;  ///< of run: the command was not run, as by env(1)

// Each adds a subcommand that sets `exit_status` when it runs.
void add_image_command(CLI::App& app, int& exit_status);
void add_format_command(CLI::App& app, int& exit_status);
void add_report_command(CLI::App& app, int& exit_status);
void add_status_command(CLI::App& app, int& exit_status);
void add_copy_command(CLI::App& app, int& exit_status);
void add_clone_command(CLI::App& app, int& exit_status);
void add_compact_command(CLI::App& app, int& exit_status);
void add_bench_command(CLI::App& app, int& exit_status);
void add_serve_command(CLI::App& app, int& exit_status);
void add_shell_init_command(CLI::App& app, int& exit_status);
/// `command` is what stands behind the options, null-terminated; `start` is what the command has to find as it was.
void add_run_command(CLI::App& app, int& exit_status, char** command, const StartState& start);

/// Thrown by the callback of a subcommand where options or operands do not go together; main() says it.
struct WrongUsage : CLI::ParseError {
  explicit WrongUsage(const std::string& text) : ParseError("WrongUsage", text, exit_wrong_usage) {}
};

/// Prints one line on standard error and returns `exit_status`.
int fail(const std::string& text, int exit_status = exit_failed);
int fail(const Error& error, int exit_status = exit_failed);

/// An option whose argument is a size ("64M", "1GiB"), which ends up in `bytes`.
CLI::Option* add_size_option(CLI::App& app, const std::string& name, std::uint64_t& bytes, const std::string& help);

/// An option whose argument is a decimal number of 32 bits.
CLI::Option* add_number_option(CLI::App& app, const std::string& name, std::uint32_t& number, const std::string& help);

}  // namespace zonecopy::tools
