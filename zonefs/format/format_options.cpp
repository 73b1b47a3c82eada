#include "zonefs/format/format_options.h"

#include <fmt/format.h>
#include <uuid/uuid.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace zonecopy::zonefs {
namespace {

constexpr std::string_view features_help =
    "known are aggr_cnv, uid=NUMBER, gid=NUMBER and perm=OCTAL, with commas between";

Error invalid(std::string message) { return Error(EINVAL, "format", std::move(message)); }

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
  if (item.empty()) return true;
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

using Setter = Status (*)(std::string_view, FormatOptions&);

/// The function that takes the argument of an option which has one.
Setter setter_of(std::string_view option) {
  if (option == "-L") return parse_label;
  if (option == "-o") return parse_features;
  if (option == "--uuid") return parse_uuid;
  return nullptr;
}

}  // namespace

Status parse_features(std::string_view text, FormatOptions& options) {
  FormatOptions parsed = options;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view item = text.substr(begin, end - begin);
    if (!parse_feature(item, parsed))
      return invalid(fmt::format("Invalid feature string: '{}'; {}", item, features_help));
    begin = end + 1;
  }
  options = std::move(parsed);
  return {};
}

Status parse_label(std::string_view text, FormatOptions& options) {
  if (text.size() > label_max_bytes) {
    return invalid(fmt::format("Label too long ({} chars allowed): '{}' has {}", label_max_bytes, text, text.size()));
  }
  options.label = text;
  return {};
}

Status parse_uuid(std::string_view text, FormatOptions& options) {
  std::array<std::uint8_t, 16> uuid{};
  if (uuid_parse(std::string(text).c_str(), uuid.data()) != 0) {
    return invalid(fmt::format("Invalid UUID '{}'; it looks like 01234567-89ab-cdef-0123-456789abcdef", text));
  }
  options.uuid = uuid;
  return {};
}

Result<FormatCommand> parse_format_command(std::span<const std::string_view> arguments) {
  using Action = FormatCommand::Action;
  FormatCommand command;
  std::size_t next = 0;
  for (; next < arguments.size() && arguments[next].starts_with('-'); ++next) {
    const std::string_view option = arguments[next];
    if (option == "-h" || option == "--help") return FormatCommand{Action::show_help, {}, {}};
    if (option == "--version") return FormatCommand{Action::show_version, {}, {}};
    if (option == "-f") {
      command.options.force = true;
    } else if (option == "-v") {
      command.options.verbose = true;
    } else if (const Setter set = setter_of(option)) {
      // The last argument is the device, so an option's argument cannot be there.
      if (next + 2 >= arguments.size()) {
        return invalid(fmt::format("Invalid command line: {} needs an argument, and the device comes last", option));
      }
      ++next;
      const Status done = set(arguments[next], command.options);
      if (!done) return done.error();
    } else {
      return invalid(fmt::format("Invalid option '{}'; see --help", option));
    }
  }
  if (next == arguments.size()) return invalid("No device specified; see --help");
  if (next + 1 < arguments.size()) {
    return invalid(fmt::format("No device specified: '{}' and '{}' are more than one; options come first",
                               arguments[next], arguments[next + 1]));
  }
  command.device = arguments[next];
  return command;
}

}  // namespace zonecopy::zonefs
