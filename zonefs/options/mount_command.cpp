#include "zonefs/options/mount_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace zonecopy::zonefs {
namespace {

Error invalid(std::string detail) { return Error(EINVAL, "command line", std::move(detail)); }

/// What becomes of an option: false if there is no such option.
using TakeOption = std::function<bool(char option, std::string_view value)>;

/// Reads options, alone or several behind one dash, and operands in any order.
Result<std::vector<std::string>> parse_arguments(std::span<const std::string_view> arguments,
                                                 std::string_view options_with_value, const TakeOption& take) {
  std::vector<std::string> operands;
  for (std::size_t next = 0; next < arguments.size(); ++next) {
    const std::string_view argument = arguments[next];
    if (argument.size() < 2 || argument.front() != '-') {
      operands.emplace_back(argument);
      continue;
    }
    for (std::size_t at = 1; at < argument.size(); ++at) {
      const char option = argument[at];
      const bool has_value = options_with_value.find(option) != std::string_view::npos;
      std::string_view value;
      if (has_value) {
        value = argument.substr(at + 1);
        at = argument.size();
        if (value.empty()) {
          if (++next == arguments.size()) return invalid(fmt::format("option -{} needs a value", option));
          value = arguments[next];
        }
      }
      if (!take(option, value)) return invalid(fmt::format("unknown option -{} in '{}'", option, argument));
    }
  }
  return operands;
}

bool take_mount_option(MountCommand& command, char option, std::string_view value) {
  switch (option) {
    case 'n':  // there is no /etc/mtab any more
    case 't': return true;
    case 'f': command.fake = true; return true;
    case 's': command.sloppy = true; return true;
    case 'v': command.verbose = true; return true;
    case 'N': command.mount_namespace = value; return true;
    case 'o':
      for (std::string& item : split_options(value)) command.options.push_back(std::move(item));
      return true;
    default: return false;
  }
}

bool take_unmount_option(UnmountCommand& command, char option, std::string_view value) {
  switch (option) {
    case 'n':
    case 't': return true;
    case 'f': command.force = true; return true;
    case 'l': command.lazy = true; return true;
    case 'r': command.read_only_if_busy = true; return true;
    case 'v': command.verbose = true; return true;
    case 'N': command.mount_namespace = value; return true;
    default: return false;
  }
}

/// --help or --version anywhere, which make a command line complete by themselves.
template <typename Command>
bool take_long_options(std::span<const std::string_view> arguments, Command& command) {
  const auto given = [arguments](std::string_view option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  command.show_help = given("--help") || given("-h");
  command.show_version = given("--version") || given("-V");
  return command.show_help || command.show_version;
}

}  // namespace

bool MountCommand::remount() const { return std::find(options.begin(), options.end(), "remount") != options.end(); }

Result<MountCommand> parse_mount_command(std::span<const std::string_view> arguments) {
  MountCommand command;
  if (take_long_options(arguments, command)) return command;
  const auto take = [&command](char option, std::string_view value) {
    return take_mount_option(command, option, value);
  };
  const Result<std::vector<std::string>> operands = parse_arguments(arguments, "Not", take);
  if (!operands) return operands.error();
  if (operands->size() != 2) {
    return invalid(fmt::format("a source and a directory are needed, not {} operands", operands->size()));
  }
  command.source = operands->front();
  command.directory = operands->back();
  return command;
}

Result<UnmountCommand> parse_unmount_command(std::span<const std::string_view> arguments) {
  UnmountCommand command;
  if (take_long_options(arguments, command)) return command;
  const auto take = [&command](char option, std::string_view value) {
    return take_unmount_option(command, option, value);
  };
  const Result<std::vector<std::string>> operands = parse_arguments(arguments, "Nt", take);
  if (!operands) return operands.error();
  if (operands->size() != 1) return invalid(fmt::format("one directory is needed, not {} operands", operands->size()));
  command.directory = operands->front();
  return command;
}

}  // namespace zonecopy::zonefs
