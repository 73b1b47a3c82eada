#include "zonefs/core/mount_status.h"

#include <fmt/format.h>

namespace zonecopy::zonefs {

std::optional<std::string> mount_status_text(const Mount& mount, std::string_view full_name) {
  if (full_name == devices_attribute) {
    std::vector<std::string_view> names;
    for (const MountPart& part : mount.parts()) names.push_back(part.name);
    return fmt::format("{}", fmt::join(names, ":"));
  }
  if (full_name == options_attribute) {
    MountOptions options = mount.options();
    options.read_only = mount.read_only() && !mount.read_only_by_error();
    return format_options(options);
  }
  if (full_name == read_only_attribute) return to_text(mount.read_only());
  return std::nullopt;
}

}  // namespace zonecopy::zonefs
