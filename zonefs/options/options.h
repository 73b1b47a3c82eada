// Mount options: what they are and how text becomes them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/copy.h"
#include "zonecopy/open_device.h"
#include "zonecopy/result.h"

namespace zonecopy::zonefs {

/// What happens to a file, or the mount, when the device fails a write or a zone goes bad (zonefs.rst, "errors=").
enum class ErrorsPolicy : std::uint8_t { remount_ro, zone_ro, zone_offline, repair };
[[nodiscard]] std::string_view to_string(ErrorsPolicy policy);

struct MountOptions {
  ErrorsPolicy errors = ErrorsPolicy::remount_ro;
  bool explicit_open = false;
  bool strict = false;  ///< buffered writes to sequential files fail with EIO, as in the kernel
  bool read_only = false;
  DeviceChoice device = DeviceChoice::automatic;
  std::uint32_t owner_uid = 0;  ///< of the group directories: who mounts
  std::uint32_t owner_gid = 0;
  std::string log_file;              ///< where messages go; empty: the system log, or standard error
  CopyOptions copy;                  ///< without `copy_max_bytes`: copy_options_for() has both
  std::uint64_t copy_max_bytes = 0;  ///< of one Copy command; 0 leaves the device's own limit
  /// Options of mount(2) and FUSE itself, passed on: nosuid, nodev, noatime, …
  std::vector<std::string> passed_on;
};

/// Reads a comma list ("errors=repair,copy=offload") on top of `options`; the last of equal options wins. Options of
/// the system's own (defaults, auto, noauto, user, nofail, _netdev, x-…, comment=…) are accepted and dropped.
/// EINVAL whose detail names the option and what would be right.
Status parse_options(std::string_view text, MountOptions& options);

/// What a remount makes of `text`, as Linux 6.9 does: `errors`, `explicit_open`, `read_only` and what is passed on are
/// as given or back to their defaults. How copies are done changes where given and else stays. `strict` stays; EINVAL
/// if it is given and was not before, as only a new mount can change it; so `device` and `log_file`.
Result<MountOptions> parse_remount(std::string_view text, const MountOptions& current);

/// The options of the copy engine on a device of this block size, `copy_max_bytes` applied.
[[nodiscard]] CopyOptions copy_options_for(const MountOptions& options, std::uint32_t block_size_bytes);

/// The options in force, as a comma list that parse_options reads back.
[[nodiscard]] std::string format_options(const MountOptions& options);

}  // namespace zonecopy::zonefs
