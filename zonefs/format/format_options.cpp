#include "zonefs/format/format_options.h"

#include <fmt/format.h>
#include <uuid/uuid.h>

#include <charconv>
#include <limits>

#include "zonefs/options/arguments.h"
#include "zonefs/options/option_list.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::string_view features_help =
    "known are aggr_cnv, uid=NUMBER, gid=NUMBER and perm=OCTAL, with commas between";

Error make_error(std::string message) { return Error(EINVAL, "format", std::move(message)).detail_says_all(); }

/// A signed number in 32 bits, -1 being the largest as in C; nothing if the text is something else.
std::optional<std::uint32_t> parse_number(std::string_view text, int base) {
  if (text.empty()) return 0;
  if (text.front() == '+') {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool fits =
      number >= std::numeric_limits<std::int32_t>::min() && number <= std::numeric_limits<std::uint32_t>::max();
  if (error != std::errc() || end != text.data() + text.size() || !fits) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

struct NumericFeature {
  std::string_view prefix;
  int base;
  bool Features::*feature;
  std::uint32_t FormatOptions::*value;
};
constexpr NumericFeature numeric_features[] = {
    {"uid=", 10, &Features::uid, &FormatOptions::uid},
    {"gid=", 10, &Features::gid, &FormatOptions::gid},
    {"perm=", 8, &Features::permissions, &FormatOptions::permissions},
};

bool parse_feature(std::string_view item, FormatOptions& options) {
  if (item == "aggr_cnv") {
    options.features.aggregate_conventional = true;
    return true;
  }
  for (const NumericFeature& numeric : numeric_features) {
    if (!item.starts_with(numeric.prefix)) continue;
    const std::optional<std::uint32_t> number = parse_number(item.substr(numeric.prefix.size()), numeric.base);
    if (!number) return false;
    options.features.*numeric.feature = true;
    options.*numeric.value = *number;
    return true;
  }
  return false;
}

constexpr int version_code = 1000;
constexpr int uuid_code = 1001;
constexpr int concat_code = 1002;
constexpr const char* letters = "fvhL:o:";
constexpr option long_options[] = {{"help", no_argument, nullptr, 'h'},
                                   {"version", no_argument, nullptr, version_code},
                                   {"uuid", required_argument, nullptr, uuid_code},
                                   {"concat", no_argument, nullptr, concat_code},
                                   {nullptr, 0, nullptr, 0}};

Status take(const GivenOption& given, FormatCommand& command) {
  using Action = FormatCommand::Action;
  switch (given.code) {
    case 'h': command.action = Action::show_help; return {};
    case version_code: command.action = Action::show_version; return {};
    case 'f': command.options.force = true; return {};
    case 'v': command.options.verbose = true; return {};
    case 'L': return parse_label(given.value, command.options);
    case 'o': return parse_features(given.value, command.options);
    case uuid_code: return parse_uuid(given.value, command.options);
    case concat_code: command.concatenate = true; return {};
    case option_without_value:
      return make_error(fmt::format("Invalid command line: {} needs an argument; see --help", given.shown));
    default: return make_error(fmt::format("Invalid option {}; see --help", given.shown));
  }
}

}  // namespace

void give_to_caller(FormatOptions& options, std::uint32_t uid, std::uint32_t gid) {
  if (uid == 0) return;
  options.uid_by_default = !options.features.uid;
  options.gid_by_default = !options.features.gid;
  if (options.uid_by_default) options.uid = uid;
  if (options.gid_by_default) options.gid = gid;
  options.features.uid = options.features.gid = true;
}

Status parse_features(std::string_view text, FormatOptions& options) {
  FormatOptions parsed = options;
  for (const std::string& item : split_options(text)) {
    if (parse_feature(item, parsed)) continue;
    return make_error(fmt::format("Invalid feature string: '{}'; {}", item, features_help));
  }
  options = std::move(parsed);
  return {};
}

Status parse_label(std::string_view text, FormatOptions& options) {
  if (text.size() > label_max_bytes) {
    return make_error(
        fmt::format("Label too long ({} chars allowed): '{}' has {}", label_max_bytes, text, text.size()));
  }
  options.label = text;
  return {};
}

Status parse_uuid(std::string_view text, FormatOptions& options) {
  std::array<std::uint8_t, 16> uuid{};
  if (uuid_parse(std::string(text).c_str(), uuid.data()) != 0) {
    return make_error(fmt::format("Invalid UUID '{}'; it looks like 01234567-89ab-cdef-0123-456789abcdef", text));
  }
  options.uuid = uuid;
  return {};
}

Result<FormatCommand> parse_format_command(std::span<const char* const> words) {
  FormatCommand command;
  const Arguments arguments = parse_arguments(words, letters, long_options, OptionOrder::options_first);
  for (const GivenOption& given : arguments.options) {
    const Status taken = take(given, command);
    if (!taken) return taken.error();
    if (command.action != FormatCommand::Action::format) return command;
  }
  const std::vector<std::string>& operands = arguments.operands;
  if (operands.empty()) return make_error("No device specified; see --help");
  if (command.concatenate && operands.size() < 2) {
    return make_error(fmt::format("--concat takes at least two devices, and '{}' is one", operands[0]));
  }
  if (!command.concatenate && operands.size() > 1) {
    return make_error(
        fmt::format("No device specified: '{}' and '{}' are more than one; options come first, and "
                    "--concat makes one of several",
                    operands[0], operands[1]));
  }
  command.devices = operands;
  return command;
}

}  // namespace zonecopy::zonefs
