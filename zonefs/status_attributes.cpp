#include "status_attributes.h"

#include <fmt/format.h>

namespace zonecopy::zonefs {

std::vector<std::pair<std::string, std::string>> status_attributes(const FileSystem& file_system) {
  const Counters counters = file_system.counters();
  const DeviceInfo& info = file_system.device_info();
  const CopyLimits& limits = info.copy_limits;
  std::vector<std::pair<std::string, std::string>> attributes;
  const auto add = [&](std::string_view name, std::string value) {
    attributes.emplace_back(fmt::format("{}{}", attribute_prefix, name), std::move(value));
  };
  add("device", info.path);
  add("device_kind", std::string(to_string(info.kind)));
  add("options", format_options(file_system.options()));
  add("read_only", file_system.read_only() ? "1" : "0");
  add("read_only_reason", file_system.health().read_only_reason());
  add("read_only_since", file_system.health().read_only_since());
  add("last_error", file_system.health().last_error());
  add("copy_mechanism", info.copy_mechanism);
  add("copy_unavailable", info.copy_unavailable);
  add("copy_limits", fmt::format("ranges {}, range blocks {}, total blocks {}", limits.max_ranges,
                                 limits.max_range_blocks, limits.max_total_blocks));
  add("bytes_offloaded", fmt::to_string(counters.bytes_offloaded));
  add("bytes_emulated", fmt::to_string(counters.bytes_emulated));
  add("copies_offloaded", fmt::to_string(counters.copies_offloaded));
  add("copies_emulated", fmt::to_string(counters.copies_emulated));
  add("last_fallback", counters.last_fallback);
  // The four of /sys/fs/zonefs/<device>, under the kernel's names.
  add("max_wro_seq_files", fmt::to_string(counters.max_open_sequential_files));
  add("nr_wro_seq_files", fmt::to_string(counters.open_sequential_files));
  add("max_active_seq_files", fmt::to_string(counters.max_active_sequential_files));
  add("nr_active_seq_files", fmt::to_string(counters.active_sequential_files));
  return attributes;
}

}  // namespace zonecopy::zonefs
