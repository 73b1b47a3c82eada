// The general mount options, those of mount(8) for every file system, and what they mean to the kernel. Which there are is
// libmount's to know: its tables are read, and there is none here. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zonecopy::zonefs {

/// Whether `option` is a general one: ro, nosuid, relatime, …
[[nodiscard]] bool is_mount_flag(std::string_view option);

/// Whether it is one of those that fusermount3 would refuse.
[[nodiscard]] bool is_unknown_to_fusermount(std::string_view option);

/// Whether `option` is meant for mount(8), or for other readers of fstab: noauto, user=…, nofail, x-…
[[nodiscard]] bool is_for_others(std::string_view option);

/// `flags` of mount(2), changed by the general ones among `options`; of two that contradict each other the last counts.
[[nodiscard]] unsigned long apply_mount_flags(std::span<const std::string> options, unsigned long flags);

/// What belongs to the mount, as fsmount(2) takes it (MOUNT_ATTR_…).
[[nodiscard]] std::uint32_t mount_attributes(unsigned long flags);

/// What belongs to the file system, as fsconfig(2) takes it: "ro", "sync", …
[[nodiscard]] std::vector<const char*> file_system_flags(unsigned long flags);

}  // namespace zonecopy::zonefs
