#include "zonefs/options/command_line.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

namespace zonecopy::zonefs {
namespace {

Error refuse(std::string detail) { return Error(EINVAL, "command line", std::move(detail)); }

}  // namespace

Result<CommandLine> parse_command_line(std::span<const char* const> arguments) {
  CommandLine line;
  std::vector<std::string> operands;
  bool only_operands = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (only_operands || argument.size() < 2 || argument.front() != '-') {
      operands.emplace_back(argument);
    } else if (argument == "--") {
      only_operands = true;
    } else if (argument == "-f") {
      line.foreground = true;
    } else if (argument == "-h" || argument == "--help") {
      line.help = true;
    } else if (argument == "-V" || argument == "--version") {
      line.version = true;
    } else if (argument.starts_with("-o")) {
      std::string_view text = argument.substr(2);
      if (text.empty()) {
        if (++i == arguments.size()) return refuse("-o needs options after it, as in -o errors=repair");
        text = arguments[i];
      }
      const Status parsed = parse_options(text, line.options);
      if (!parsed) return parsed.error();
    } else {
      return refuse(fmt::format("unknown option '{}'; see zonecopyfs --help", argument));
    }
  }
  if (line.help || line.version) return line;
  if (operands.size() != 2) {
    return refuse(
        fmt::format("a device and a mount point are needed, {} given; see zonecopyfs --help", operands.size()));
  }
  line.device = operands[0];
  line.mount_point = operands[1];
  return line;
}

}  // namespace zonecopy::zonefs
