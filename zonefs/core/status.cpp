#include "zonefs/core/status.h"

#include <fmt/format.h>

namespace zonecopy::zonefs {
namespace {

using Kind = AttributeKind;

/// A counter as text.
template <auto member>
std::string counter(const FileSystem& file_system) {
  return fmt::format("{}", file_system.counters().*member);
}

std::string not_offloaded_because(const FileSystem& file_system) {
  const DeviceInfo& info = file_system.device_info();
  return info.copy_limits.available() ? info.copy_moves_data : info.copy_unavailable;
}

std::string copy_limits_text(const FileSystem& file_system) {
  const DeviceInfo& info = file_system.device_info();
  const CopyLimits& limits = info.copy_limits;
  return fmt::format("ranges {}, range bytes {}, total bytes {}", limits.max_ranges,
                     std::uint64_t{limits.max_range_blocks} * info.block_size_bytes,
                     std::uint64_t{limits.max_total_blocks} * info.block_size_bytes);
}

constexpr StatusAttribute table[] = {
    {"device", Kind::text, [](const FileSystem& files) { return files.device_place().path; }},
    {"device_id", Kind::text, [](const FileSystem& files) { return files.device_place().id; }},
    {"device_kind", Kind::text,
     [](const FileSystem& files) { return std::string(to_string(files.device_info().kind)); }},
    {"options", Kind::text, [](const FileSystem& files) { return format_options(files.options()); }},
    {"read_only", Kind::boolean, [](const FileSystem& files) { return std::string(files.read_only() ? "1" : "0"); }},
    {"read_only_reason", Kind::text, [](const FileSystem& files) { return files.health().read_only_reason(); }},
    {"read_only_since", Kind::text, [](const FileSystem& files) { return files.health().read_only_since(); }},
    {"last_error", Kind::text, [](const FileSystem& files) { return files.health().last_error(); }},
    {"copy_path", Kind::text,
     [](const FileSystem& files) { return std::string(to_string(files.device_info().copy_path())); }},
    {"copy_mechanism", Kind::text, [](const FileSystem& files) { return files.device_info().copy_mechanism; }},
    {"copy_unavailable", Kind::text, not_offloaded_because},
    {"copy_limits", Kind::copy_limits, copy_limits_text},
    {"bytes_offloaded", Kind::bytes, counter<&Counters::bytes_offloaded>},
    {"bytes_kernel", Kind::bytes, counter<&Counters::bytes_kernel>},
    {"bytes_emulated", Kind::bytes, counter<&Counters::bytes_emulated>},
    {"copies_offloaded", Kind::number, counter<&Counters::copies_offloaded>},
    {"copies_kernel", Kind::number, counter<&Counters::copies_kernel>},
    {"copies_emulated", Kind::number, counter<&Counters::copies_emulated>},
    {"last_fallback", Kind::text, counter<&Counters::last_fallback>},
    // The four of /sys/fs/zonefs/<device>, under the kernel's names.
    {"max_wro_seq_files", Kind::limit, counter<&Counters::max_open_sequential_files>},
    {"nr_wro_seq_files", Kind::number, counter<&Counters::open_sequential_files>},
    {"max_active_seq_files", Kind::limit, counter<&Counters::max_active_sequential_files>},
    {"nr_active_seq_files", Kind::number, counter<&Counters::active_sequential_files>},
};

}  // namespace

std::span<const StatusAttribute> status_attributes() { return table; }

std::optional<std::string> status_value(const FileSystem& file_system, std::string_view full_name) {
  if (!full_name.starts_with(attribute_prefix)) return std::nullopt;
  const std::string_view name = full_name.substr(attribute_prefix.size());
  for (const StatusAttribute& attribute : table) {
    if (attribute.name == name) return attribute.value(file_system);
  }
  return std::nullopt;
}

}  // namespace zonecopy::zonefs
