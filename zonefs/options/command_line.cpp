#include "zonefs/options/command_line.h"

#include <fmt/format.h>

#include <cerrno>

#include "zonefs/options/arguments.h"

namespace zonecopy::zonefs {
namespace {

constexpr const char* letters = "fhVo:";
constexpr int concat_option = 256;
constexpr option long_options[] = {{"help", no_argument, nullptr, 'h'},
                                   {"version", no_argument, nullptr, 'V'},
                                   {"concat", no_argument, nullptr, concat_option},
                                   {nullptr, 0, nullptr, 0}};

Error make_error(std::string detail) { return Error(EINVAL, "command line", std::move(detail)); }

Status take(const GivenOption& given, CommandLine& line) {
  switch (given.code) {
    case 'f': line.foreground = true; return {};
    case 'h': line.help = true; return {};
    case 'V': line.version = true; return {};
    case concat_option: line.options.devices.concat = true; return {};
    case 'o': return parse_options(given.value, line.options);
    case option_without_value: return make_error("-o needs options after it, as in -o errors=repair");
    default: return make_error(fmt::format("unknown option {}; see zonecopyfs --help", given.shown));
  }
}

/// Whether there are devices for what is said of them.
Status check_devices(const DeviceSet& devices) {
  const std::size_t count = devices.with.size() + 1;
  if (devices.concat && count == 1) return make_error("concat needs several devices");
  if (devices.concat && !devices.names.empty())
    return make_error("names= is for several devices, and concat makes one of them");
  if (devices.concat && !devices.read_only.empty())
    return make_error("readonly= is for one of several devices, and concat makes one of them: use ro");
  if (!devices.names.empty() && count == 1) return make_error("names= is for several devices");
  if (!devices.names.empty() && devices.names.size() != count) {
    return make_error(fmt::format("names= has {} names for {} devices", devices.names.size(), count));
  }
  return {};
}

}  // namespace

Result<CommandLine> parse_command_line(std::span<const char* const> words) {
  CommandLine line;
  const Arguments arguments = parse_arguments(words, letters, long_options);
  for (const GivenOption& given : arguments.options) {
    const Status taken = take(given, line);
    if (!taken) return taken.error();
  }
  if (line.help || line.version) return line;
  const std::vector<std::string>& operands = arguments.operands;
  if (operands.size() < 2) {
    return make_error(
        fmt::format("a device and a mount point are needed, {} given; see zonecopyfs --help", operands.size()));
  }
  line.device = operands.front();
  line.mount_point = operands.back();
  std::vector<std::string>& with = line.options.devices.with;
  with.insert(with.begin(), operands.begin() + 1, operands.end() - 1);
  const Status sound = check_devices(line.options.devices);
  if (!sound) return sound.error();
  return line;
}

}  // namespace zonecopy::zonefs
