#include "zonefs/options/mount_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "zonefs/options/arguments.h"

namespace zonecopy::zonefs {
namespace {

constexpr const char* mount_letters = "sfnvhVN:o:t:";
constexpr const char* unmount_letters = "flnrvhVN:t:";
constexpr option long_options[] = {
    {"help", no_argument, nullptr, 'h'}, {"version", no_argument, nullptr, 'V'}, {nullptr, 0, nullptr, 0}};

Error make_error(std::string detail) { return Error(EINVAL, "command line", std::move(detail)); }

/// One that is in neither list of letters, or lacks its value.
Error option_error(const GivenOption& given) {
  if (given.code == option_without_value) return make_error(fmt::format("option {} needs a value", given.shown));
  return make_error(fmt::format("unknown option {}", given.shown));
}

Status take(const GivenOption& given, MountCommand& command) {
  switch (given.code) {
    case 'n':  // there is no /etc/mtab any more
    case 't': return {};
    case 'f': command.fake = true; return {};
    case 's': command.sloppy = true; return {};
    case 'v': command.verbose = true; return {};
    case 'h': command.show_help = true; return {};
    case 'V': command.show_version = true; return {};
    case 'N': command.mount_namespace = given.value; return {};
    case 'o':
      for (std::string& item : split_options(given.value)) command.options.push_back(std::move(item));
      return {};
    default: return option_error(given);
  }
}

Status take(const GivenOption& given, UnmountCommand& command) {
  switch (given.code) {
    case 'n':
    case 't': return {};
    case 'f': command.force = true; return {};
    case 'l': command.lazy = true; return {};
    case 'r': command.read_only_if_busy = true; return {};
    case 'v': command.verbose = true; return {};
    case 'h': command.show_help = true; return {};
    case 'V': command.show_version = true; return {};
    case 'N': command.mount_namespace = given.value; return {};
    default: return option_error(given);
  }
}

/// Takes the options up to one that is complete by itself (--help), or all.
template <typename Command>
Status take_all(const std::vector<GivenOption>& options, Command& command) {
  for (const GivenOption& given : options) {
    Status taken = take(given, command);
    if (!taken || command.show_help || command.show_version) return taken;
  }
  return {};
}

}  // namespace

bool MountCommand::remount() const { return std::find(options.begin(), options.end(), "remount") != options.end(); }

Result<MountCommand> parse_mount_command(std::span<const char* const> words) {
  MountCommand command;
  const Arguments arguments = parse_arguments(words, mount_letters, long_options);
  const Status taken = take_all(arguments.options, command);
  if (!taken) return taken.error();
  if (command.show_help || command.show_version) return command;
  const std::vector<std::string>& operands = arguments.operands;
  if (operands.size() != 2) {
    return make_error(fmt::format("a source and a directory are needed, not {} operands", operands.size()));
  }
  command.source = operands.front();
  command.directory = operands.back();
  return command;
}

Result<UnmountCommand> parse_unmount_command(std::span<const char* const> words) {
  UnmountCommand command;
  const Arguments arguments = parse_arguments(words, unmount_letters, long_options);
  const Status taken = take_all(arguments.options, command);
  if (!taken) return taken.error();
  if (command.show_help || command.show_version) return command;
  const std::vector<std::string>& operands = arguments.operands;
  if (operands.size() != 1) return make_error(fmt::format("one directory is needed, not {} operands", operands.size()));
  command.directory = operands.front();
  return command;
}

}  // namespace zonecopy::zonefs
