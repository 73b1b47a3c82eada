#include "zonefs/options/options.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "zonecopy/size.h"
#include "zonefs/options/mount_flags.h"
#include "zonefs/options/option_list.h"

namespace zonecopy::zonefs {
namespace {

constexpr std::uint32_t max_copy_depth = 64;

constexpr std::array all_policies = {ErrorsPolicy::remount_ro, ErrorsPolicy::zone_ro, ErrorsPolicy::zone_offline,
                                     ErrorsPolicy::repair};
constexpr std::array all_tail_policies = {TailPolicy::refuse, TailPolicy::pad};
constexpr std::array all_copy_modes = {CopyMode::automatic, CopyMode::offload, CopyMode::emulate};

/// Options that libmount's tables do not tell to ignore: one that was handled before, one of old fstabs, and one of
/// libfuse 2. Since libfuse 3 a mount point may have files, as everywhere else.
constexpr std::array<std::string_view, 3> ignored_flags = {"remount", "_rnetdev", "nonempty"};

/// Options of FUSE. The general ones are in mount_flags.
constexpr std::array<std::string_view, 3> passed_flags = {"allow_other", "allow_root", "default_permissions"};
constexpr std::array<std::string_view, 4> passed_values = {"context", "fscontext", "defcontext", "rootcontext"};

constexpr std::array<std::pair<std::string_view, DeviceChoice>, 2> device_choices = {
    {{"nvme", DeviceChoice::nvme}, {"block", DeviceChoice::block}}};

/// One item of the list: "name" or "name=value".
struct Item {
  std::string_view text;
  std::string_view name;
  std::optional<std::string_view> value;
};

Error make_error(std::string detail) { return Error(EINVAL, "mount options", std::move(detail)); }

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

Item item_of(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return Item{text, text, std::nullopt};
  return Item{text, text.substr(0, equals), text.substr(equals + 1)};
}

Status set_errors(std::string_view value, MountOptions& options) {
  for (const ErrorsPolicy policy : all_policies) {
    if (value != to_string(policy)) continue;
    options.errors = policy;
    return {};
  }
  return make_error(fmt::format("errors= takes remount-ro, zone-ro, zone-offline or repair, not '{}'", value));
}

Status set_tail(std::string_view value, MountOptions& options) {
  for (const TailPolicy policy : all_tail_policies) {
    if (value != to_string(policy)) continue;
    options.tail = policy;
    return {};
  }
  return make_error(fmt::format("tail= takes refuse or pad, not '{}'", value));
}

Status set_copy(std::string_view value, MountOptions& options) {
  for (const CopyMode mode : all_copy_modes) {
    if (value != to_string(mode)) continue;
    options.copy.mode = mode;
    return {};
  }
  return make_error(fmt::format("copy= takes auto, offload or emulate, not '{}'", value));
}

Status set_device(std::string_view value, MountOptions& options) {
  for (const auto& [word, choice] : device_choices) {
    if (value != word) continue;
    options.device = choice;
    return {};
  }
  return make_error(fmt::format("device= takes nvme or block, not '{}'", value));
}

Status set_with(std::string_view value, MountOptions& options) {
  const std::string path(unquoted(value));
  if (path.empty()) return make_error("with= takes the path of a device");
  options.devices.with.push_back(path);
  return {};
}

Status set_names(std::string_view value, MountOptions& options) {
  std::vector<std::string> names;
  std::string_view rest = unquoted(value);
  for (bool more = true; more;) {
    const std::size_t colon = rest.find(':');
    more = colon != std::string_view::npos;
    names.emplace_back(rest.substr(0, colon));
    if (more) rest.remove_prefix(colon + 1);
    if (!is_device_name(names.back())) {
      return make_error(fmt::format("names= takes names of folders with colons between them, not '{}'", value));
    }
    if (std::count(names.begin(), names.end(), names.back()) > 1) {
      return make_error(fmt::format("names= has '{}' twice", names.back()));
    }
  }
  options.devices.names = std::move(names);
  return {};
}

Status set_readonly(std::string_view value, MountOptions& options) {
  const std::string path(unquoted(value));
  if (path.empty()) return make_error("readonly= takes the path of one of the devices");
  options.devices.read_only.push_back(path);
  return {};
}

Status set_cross_namespace(std::string_view value, MountOptions& options) {
  if (value != "auto" && value != "off") {
    return make_error(fmt::format("cross-namespace= takes auto or off, not '{}'", value));
  }
  options.devices.cross_namespace = value == "auto";
  return {};
}

Status set_log(std::string_view value, MountOptions& options) {
  options.log_file = unquoted(value);
  if (options.log_file.empty()) return make_error("log= takes the path of a file");
  return {};
}

std::optional<std::uint32_t> number_between(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || stop != end || number < least || number > most) return std::nullopt;
  return number;
}

Status set_copy_max_ranges(std::string_view value, MountOptions& options) {
  const auto number = number_between(value, 0, std::numeric_limits<std::uint32_t>::max());
  if (!number) {
    return make_error(fmt::format("copy_max_ranges= takes a number, 0 for the device's own limit, not '{}'", value));
  }
  options.copy.user_limits.max_ranges = *number;
  return {};
}

Status set_copy_depth(std::string_view value, MountOptions& options) {
  const auto number = number_between(value, 1, max_copy_depth);
  if (!number)
    return make_error(fmt::format("copy_depth= takes a number from 1 to {}, not '{}'", max_copy_depth, value));
  options.copy.read_ahead_depth = *number;
  return {};
}

Status set_copy_max_bytes(std::string_view value, MountOptions& options) {
  const Result<std::uint64_t> size = parse_size(value);
  if (!size) return make_error(fmt::format("copy_max_bytes= takes a size: {}", size.error().detail()));
  options.copy_max_bytes = *size;
  return {};
}

struct FlagOption {
  std::string_view name;
  bool MountOptions::*member;
  bool value;
};
constexpr std::array<FlagOption, 4> flag_options = {{{"explicit-open", &MountOptions::explicit_open, true},
                                                     {"strict", &MountOptions::strict, true},
                                                     {"ro", &MountOptions::read_only, true},
                                                     {"rw", &MountOptions::read_only, false}}};

struct ValueOption {
  std::string_view name;
  Status (*set)(std::string_view value, MountOptions& options);
};
constexpr std::array<ValueOption, 12> value_options = {{{"errors", set_errors},
                                                        {"with", set_with},
                                                        {"names", set_names},
                                                        {"readonly", set_readonly},
                                                        {"cross-namespace", set_cross_namespace},
                                                        {"tail", set_tail},
                                                        {"device", set_device},
                                                        {"log", set_log},
                                                        {"copy", set_copy},
                                                        {"copy_max_ranges", set_copy_max_ranges},
                                                        {"copy_max_bytes", set_copy_max_bytes},
                                                        {"copy_depth", set_copy_depth}}};

bool is_passed_on(const Item& item) {
  return item.value ? contains(passed_values, item.name)
                    : contains(passed_flags, item.name) || is_mount_flag(item.name);
}

/// Moves an option to the end of the list, since of two that contradict each other the last one counts.
void pass_on(std::string_view text, MountOptions& options) {
  std::erase(options.passed_on, text);
  options.passed_on.emplace_back(text);
}

/// The error for an option that is unknown, or has a value where it takes none, or the other way round.
Error option_error(const Item& item) {
  const auto named = [&](const auto& option) { return option.name == item.name; };
  if (std::ranges::any_of(flag_options, named) || item.name == "concat") {
    return make_error(fmt::format("mount option '{}' takes no value", item.name));
  }
  if (std::ranges::any_of(value_options, named)) {
    return make_error(fmt::format("mount option '{}' takes a value, as in {}=…", item.name, item.name));
  }
  return make_error(fmt::format("unknown mount option '{}'", item.text));
}

Status apply(const Item& item, MountOptions& options) {
  for (const FlagOption& flag : flag_options) {
    if (item.value || item.name != flag.name) continue;
    options.*flag.member = flag.value;
    return {};
  }
  if (item.text == "concat") {
    options.devices.concat = true;
    return {};
  }
  for (const ValueOption& option : value_options) {
    if (item.value && item.name == option.name) return option.set(*item.value, options);
  }
  if (is_ignored(item.text)) return {};
  if (item.name == "auto_unmount") {
    return make_error(
        "auto_unmount is not offered, as libfuse's works only at times; a dead mount is cleared by the next zonecopyfs "
        "at its place");
  }
  if (!is_passed_on(item)) return option_error(item);
  pass_on(item.text, options);
  return {};
}

}  // namespace

std::string_view to_string(ErrorsPolicy policy) {
  switch (policy) {
    case ErrorsPolicy::remount_ro: return "remount-ro";
    case ErrorsPolicy::zone_ro: return "zone-ro";
    case ErrorsPolicy::zone_offline: return "zone-offline";
    case ErrorsPolicy::repair: return "repair";
  }
  return "unknown";
}

std::string_view to_string(TailPolicy policy) {
  switch (policy) {
    case TailPolicy::refuse: return "refuse";
    case TailPolicy::pad: return "pad";
  }
  return "unknown";
}

bool is_device_name(std::string_view name) {
  const auto unfit = [](char c) {
    return c == '/' || c == ':' || c == '"' || static_cast<unsigned char>(c) < ' ' || c == 0x7f;
  };
  return !name.empty() && name.size() <= device_name_max_bytes && name != "." && name != ".." &&
         std::ranges::none_of(name, unfit);
}

bool is_ignored(std::string_view option) {
  return contains(ignored_flags, option) || is_for_others(option) || is_flag_without_meaning(option);
}

Status parse_options(std::string_view text, MountOptions& options) {
  MountOptions result = options;  // a list with a mistake must change nothing
  for (const std::string& text_of_item : split_options(text)) {
    const Status applied = apply(item_of(text_of_item), result);
    if (!applied) return applied;
  }
  options = std::move(result);
  return {};
}

Result<MountOptions> parse_remount(std::string_view text, const MountOptions& current) {
  MountOptions result;
  result.tail = current.tail;
  result.copy = current.copy;
  result.copy_max_bytes = current.copy_max_bytes;
  result.device = current.device;
  result.log_file = current.log_file;
  const Status parsed = parse_options(text, result);
  if (!parsed) return parsed.error();
  if (result.strict && !current.strict) return make_error("strict cannot be changed by a remount: unmount first");
  if (result.device != current.device) return make_error("device= cannot be changed by a remount: unmount first");
  if (result.log_file != current.log_file) return make_error("log= cannot be changed by a remount: unmount first");
  result.strict = current.strict;
  if (result.devices != DeviceSet() && result.devices != current.devices) {
    return make_error(
        "with=, names=, readonly=, concat and cross-namespace= cannot be changed by a remount: unmount first");
  }
  result.devices = current.devices;
  result.device_read_only = current.device_read_only;
  result.read_only = result.read_only || result.device_read_only;
  return result;
}

CopyOptions copy_options_for(const MountOptions& options, std::uint32_t block_size_bytes) {
  CopyOptions copy = options.copy;
  if (options.copy_max_bytes == 0) return copy;
  // At least one block: a smaller value would be 0 blocks, which means no limit.
  copy.user_limits.max_total_blocks = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
      options.copy_max_bytes / block_size_bytes, 1, std::numeric_limits<std::uint32_t>::max()));
  return copy;
}

namespace {

std::string format_devices(const DeviceSet& devices) {
  std::string text;
  for (const std::string& path : devices.with) text += fmt::format(",with={}", quoted_for_list(path));
  if (devices.concat) text += ",concat";
  if (!devices.names.empty()) {
    text += fmt::format(",names={}", quoted_for_list(fmt::format("{}", fmt::join(devices.names, ":"))));
  }
  for (const std::string& path : devices.read_only) text += fmt::format(",readonly={}", quoted_for_list(path));
  if (!devices.cross_namespace) text += ",cross-namespace=off";
  return text;
}

}  // namespace

std::string format_options(const MountOptions& options) {
  std::string text = options.read_only ? "ro" : "rw";
  text += fmt::format(",errors={}", to_string(options.errors));
  if (options.explicit_open) text += ",explicit-open";
  text += options.strict ? ",strict" : fmt::format(",tail={}", to_string(options.tail));
  for (const auto& [word, choice] : device_choices) {
    if (options.device == choice) text += fmt::format(",device={}", word);
  }
  text += format_devices(options.devices);
  text += fmt::format(",copy={}", to_string(options.copy.mode));
  if (options.copy.user_limits.max_ranges != 0) {
    text += fmt::format(",copy_max_ranges={}", options.copy.user_limits.max_ranges);
  }
  if (options.copy_max_bytes != 0) text += fmt::format(",copy_max_bytes={}", format_size(options.copy_max_bytes));
  text += fmt::format(",copy_depth={}", options.copy.read_ahead_depth);
  if (!options.log_file.empty()) text += fmt::format(",log={}", quoted_for_list(options.log_file));
  for (const std::string& option : options.passed_on) text += fmt::format(",{}", option);
  return text;
}

}  // namespace zonecopy::zonefs
