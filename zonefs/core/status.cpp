#include "zonefs/core/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace zonecopy::zonefs {
namespace {

using Type = StatusType;
using Files = const FileSystem&;

template <auto member>
StatusValue counter(Files files) {
  return files.counters().*member;
}

template <auto member>
StatusValue limit(Files files) {
  return std::uint64_t{files.counters().*member};
}

StatusValue not_offloaded_because(Files files) { return files.device_info().copy_objection(); }

StatusValue copies_from(Files files) {
  std::vector<std::string> texts;
  for (const auto& [name, route] : files.routes()) {
    const std::string why = route.objection.empty() ? "" : fmt::format(": {}", route.objection);
    texts.push_back(fmt::format("{}: {}{}", name, to_string(route.path), why));
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

StatusValue copy_limits(Files files) {
  const DeviceInfo& info = files.device_info();
  const CopyLimits& limits = info.copy_limits;
  return CopyLimitsInBytes{limits.max_ranges, std::uint64_t{limits.max_range_blocks} * info.block_size_bytes,
                           std::uint64_t{limits.max_total_blocks} * info.block_size_bytes};
}

constexpr StatusRecord table[] = {
    {"device", Type::text, "", "The name of the device today, also where it was renamed since.",
     [](Files files) -> StatusValue { return files.device_identity().path; }},
    {"device_id", Type::text, "",
     "What the device is known by whatever its name: \"file DEVICE:INODE\", \"device MAJOR:MINOR\", or \"nvme-tcp "
     "UUID\" "
     "across a network.",
     [](Files files) -> StatusValue { return files.device_identity().id; }},
    {"name", Type::text, "", "The name of the device's folder; empty where the mount has one device.",
     [](Files files) -> StatusValue { return files.name(); }},
    {"device_kind", Type::text, "",
     "The kind of the device: image, nvme, block, remote (across a network), or linear (made of others).",
     [](Files files) -> StatusValue { return std::string(to_string(files.device_info().kind)); }},
    {"uuid", Type::text, "", "The UUID of the file system, which mkfs has given it.",
     [](Files files) -> StatusValue { return uuid_text(files.super_block().uuid); }},
    {"options", Type::text, "", "The options in force.",
     [](Files files) -> StatusValue { return format_options(files.options()); }},
    {"read_only", Type::boolean, "", "1 if the mount is read-only, by option or after an error, else 0.",
     [](Files files) -> StatusValue { return files.read_only(); }},
    {"read_only_reason", Type::text, "", "Why the mount is read-only; empty while it can be written.",
     [](Files files) -> StatusValue { return files.health().read_only_reason(); }},
    {"read_only_since", Type::time, "UTC", "Since when the mount is read-only; empty while it can be written.",
     [](Files files) -> StatusValue { return files.health().read_only_since(); }},
    {"last_error", Type::text, "",
     "What the device refused or failed last, also where no policy applied; empty if there was nothing.",
     [](Files files) -> StatusValue { return files.health().last_error(); }},
    {"tails_refused", Type::count, "files",
     "How often the end of a file was dropped: it filled no block (tail=refuse), or could not be written.",
     [](Files files) -> StatusValue { return files.tails().refused; }},
    {"last_tail_refused", Type::text, "",
     "Which file lost its end last, or is about to, and how many bytes; empty if there was none.",
     [](Files files) -> StatusValue { return files.tails().last; }},
    {"copy_path", Type::text, "", "What can be hoped for: offloaded, kernel or emulated; see COPYING.",
     [](Files files) -> StatusValue { return std::string(to_string(files.device_info().copy_path())); }},
    {"copy_mechanism", Type::text, "", "How the device copies; empty where it does not.",
     [](Files files) -> StatusValue { return files.device_info().copy_mechanism; }},
    {"copy_unavailable", Type::text, "", "Why copies are not offloaded; empty where they are.", not_offloaded_because},
    {"copy_limits", Type::copy_limits, "",
     "Limits of one Copy command: \"ranges R, range bytes B, total bytes T\". All are 0 where there is no Copy.",
     copy_limits},
    {"copies_from", Type::text, "",
     "Which way copies from each other device of the mount take, and why it is none better: "
     "\"NAME: offloaded; NAME: emulated: …\". "
     "Devices with blocks of another size are refused.",
     copies_from},
    {"bytes_offloaded", Type::bytes, "bytes", "Copied by the device, or by sharing extents.",
     counter<&Counters::bytes_offloaded>},
    {"bytes_kernel", Type::bytes, "bytes", "Copied by the kernel below.", counter<&Counters::bytes_kernel>},
    {"bytes_emulated", Type::bytes, "bytes", "Read and written by the daemon.", counter<&Counters::bytes_emulated>},
    {"copies_offloaded", Type::count, "calls", "Copies of which all was offloaded.",
     counter<&Counters::copies_offloaded>},
    {"copies_kernel", Type::count, "calls", "Copies of which the kernel moved some, and none was emulated.",
     counter<&Counters::copies_kernel>},
    {"copies_emulated", Type::count, "calls", "Copies of which some was emulated.",
     counter<&Counters::copies_emulated>},
    {"bytes_from", Type::bytes_from, "bytes",
     "Of the bytes copied to this device those from each device of the mount, where it has several.",
     [](Files files) -> StatusValue { return files.bytes_from(); }},
    {"last_fallback", Type::text, "",
     "Why the last copy of which not all was offloaded was not; empty if there was none.",
     counter<&Counters::last_fallback>},
    // The four attributes of /sys/fs/zonefs/<device>, under the kernel's names.
    {"max_wro_seq_files", Type::limit, "files",
     "How many sequential files can be open for writing at once; 0: no limit. "
     "This one and the next three are the files of /sys/fs/zonefs of the kernel's zonefs.",
     limit<&Counters::max_open_sequential_files>},
    {"nr_wro_seq_files", Type::count, "files", "How many sequential files are open for writing.",
     limit<&Counters::open_sequential_files>},
    {"max_active_seq_files", Type::limit, "files",
     "How many sequential files can be active at once, those that are partly written or explicitly open; 0: no limit.",
     limit<&Counters::max_active_sequential_files>},
    {"nr_active_seq_files", Type::count, "files", "How many sequential files are active.",
     limit<&Counters::active_sequential_files>},
};

/// The words in front of the numbers of CopyLimitsInBytes.
constexpr std::array<std::string_view, 3> limit_words = {"ranges ", ", range bytes ", ", total bytes "};

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<StatusValue> number_from(std::string_view text) {
  const std::optional<std::uint64_t> number = take_number(text);
  if (!number || !text.empty()) return std::nullopt;
  return *number;
}

std::optional<StatusValue> limits_from(std::string_view text) {
  std::array<std::uint64_t, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!text.starts_with(limit_words[i])) return std::nullopt;
    text.remove_prefix(limit_words[i].size());
    const std::optional<std::uint64_t> number = take_number(text);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  if (!text.empty()) return std::nullopt;
  return CopyLimitsInBytes{numbers[0], numbers[1], numbers[2]};
}

/// The words in front of the numbers of BytesFrom.
constexpr std::array<std::string_view, 3> bytes_words = {": offloaded ", ", kernel ", ", emulated "};

std::string text_of(const BytesFrom& bytes) {
  return fmt::format("{}{}{}{}{}{}{}", bytes.device, bytes_words[0], bytes.offloaded, bytes_words[1], bytes.kernel,
                     bytes_words[2], bytes.emulated);
}

/// Names have no colon, so that one is found by the first.
std::optional<StatusValue> bytes_from(std::string_view text) {
  std::vector<BytesFrom> all;
  while (!text.empty()) {
    constexpr std::string_view separator = "; ";
    if (!all.empty()) {
      if (!text.starts_with(separator)) return std::nullopt;
      text.remove_prefix(separator.size());
    }
    const std::size_t name_bytes = text.find(':');
    if (name_bytes == std::string_view::npos) return std::nullopt;
    BytesFrom bytes;
    bytes.device = text.substr(0, name_bytes);
    text.remove_prefix(name_bytes);
    const std::array<std::uint64_t*, 3> numbers = {&bytes.offloaded, &bytes.kernel, &bytes.emulated};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!text.starts_with(bytes_words[i])) return std::nullopt;
      text.remove_prefix(bytes_words[i].size());
      const std::optional<std::uint64_t> number = take_number(text);
      if (!number) return std::nullopt;
      *numbers[i] = *number;
    }
    all.push_back(std::move(bytes));
  }
  return all;
}

struct ValueText {
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(std::uint64_t number) const { return fmt::format("{}", number); }
  std::string operator()(bool yes) const { return yes ? "1" : "0"; }
  std::string operator()(const CopyLimitsInBytes& limits) const {
    return fmt::format("{}{}{}{}{}{}", limit_words[0], limits.ranges, limit_words[1], limits.range_bytes,
                       limit_words[2], limits.total_bytes);
  }
  std::string operator()(const std::vector<BytesFrom>& all) const {
    std::vector<std::string> texts;
    for (const BytesFrom& bytes : all) texts.push_back(text_of(bytes));
    return fmt::format("{}", fmt::join(texts, "; "));
  }
};

}  // namespace

std::span<const StatusRecord> status_records() { return table; }

std::string to_text(const StatusValue& value) { return std::visit(ValueText(), value); }

std::optional<StatusValue> from_text(StatusType type, std::string_view text) {
  switch (type) {
    case Type::text:
    case Type::time: return std::string(text);
    case Type::count:
    case Type::bytes:
    case Type::limit: return number_from(text);
    case Type::boolean:
      if (text == "0" || text == "1") return text == "1";
      return std::nullopt;
    case Type::copy_limits: return limits_from(text);
    case Type::bytes_from: return bytes_from(text);
  }
  return std::nullopt;
}

std::optional<std::string> status_text(const FileSystem& file_system, std::string_view full_name) {
  if (!full_name.starts_with(attribute_prefix)) return std::nullopt;
  const std::string_view name = full_name.substr(attribute_prefix.size());
  const auto named = [name](const StatusRecord& record) { return record.name == name; };
  const StatusRecord* const record = std::find_if(std::begin(table), std::end(table), named);
  if (record == std::end(table)) return std::nullopt;
  return to_text(record->value(file_system));
}

}  // namespace zonecopy::zonefs
