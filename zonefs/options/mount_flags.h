// The general mount options of mount(8), which every file system has, and the kernel's flags for them. They are read
// from libmount's tables, so that there is no list of them here. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zonecopy::zonefs {

/// Whether `option` is a general one: ro, nosuid, relatime, …
[[nodiscard]] bool is_mount_flag(std::string_view option);

/// Whether `option` is a general one that means nothing to FUSE: silent, loud, mand, iversion, …
[[nodiscard]] bool is_flag_without_meaning(std::string_view option);

/// Whether `option` is one that fusermount3 refuses.
[[nodiscard]] bool is_unknown_to_fusermount(std::string_view option);

/// Whether `option` is meant for mount(8), or for other readers of fstab: noauto, user=…, nofail, x-…
[[nodiscard]] bool is_for_others(std::string_view option);

/// `flags` of mount(2), changed by the general options among `options`. Of two that contradict each other the last
/// counts.
[[nodiscard]] unsigned long apply_mount_flags(std::span<const std::string> options, unsigned long flags);

/// The flags of the mount, as fsmount(2) takes them (MOUNT_ATTR_…).
[[nodiscard]] std::uint32_t mount_attributes(unsigned long flags);

/// The flags of the file system, as fsconfig(2) takes them: "ro", "sync", …
[[nodiscard]] std::vector<const char*> file_system_flags(unsigned long flags);

}  // namespace zonecopy::zonefs
