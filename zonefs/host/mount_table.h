// The mount table of this process, and the mounts of zonecopyfs in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"

namespace zonecopy::zonefs {

inline constexpr std::string_view mount_type = "fuse.zonecopyfs";

/// One line of /proc/self/mountinfo (proc(5)), its octal escapes decoded.
struct MountEntry {
  std::uint64_t id = 0;     ///< mount id, which the kernel reuses after the unmount
  dev_t device_number = 0;  ///< st_dev of the files in it
  std::string root;         ///< the part of the file system that is mounted: "/", but for bind mounts
  std::string mount_point;
  unsigned long flags = 0;  ///< flags of the mount and of the file system, as for mount(2)
  std::string type;
  std::string source;

  [[nodiscard]] bool is_zonecopyfs() const { return type == mount_type; }
};

/// The entries in `text`, in its order. A line that is none is skipped.
[[nodiscard]] std::vector<MountEntry> parse_mount_table(std::string text);
/// Asks nobody but the kernel: no mount point is looked at, so that a dead mount is a line as any other. A table that
/// changes while it is read loses none of the lines that stay: so it is from Linux 5.8 on, which the ids of mounts need
/// as well.
Result<std::vector<MountEntry>> read_mount_table();

/// What is mounted at `directory` (an absolute path without links): the topmost of several. Null if nothing is.
[[nodiscard]] const MountEntry* find_mount_at(std::span<const MountEntry> table, std::string_view directory);

/// Something that was mounted from `device` (canonical_device_name()). Null if nothing was.
[[nodiscard]] const MountEntry* find_mount_of(std::span<const MountEntry> table, std::string_view device);

}  // namespace zonecopy::zonefs
