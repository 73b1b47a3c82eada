// Mount options, and how they are parsed. Pure.
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

/// What becomes of the end of a sequential file that fills no block when nothing follows it: fsync(2) and the last
/// close(2) report it and it is dropped, or it is filled with zeros.
enum class TailPolicy : std::uint8_t { refuse, pad };
[[nodiscard]] std::string_view to_string(TailPolicy policy);

/// Which devices a mount consists of besides the first, and how they are named and opened. A remount changes none of it.
struct DeviceSet {
  std::vector<std::string> with;       ///< the paths of the other devices, in order
  std::vector<std::string> names;      ///< of the folders, in order; empty: by label, else by number
  std::vector<std::string> read_only;  ///< the paths of those that are not written
  bool concat = false;                 ///< all together are one long device
  bool cross_namespace = true;         ///< see OpenOptions::cross_namespace
  friend bool operator==(const DeviceSet&, const DeviceSet&) = default;
};

/// The longest name of a device's folder: as long as a label.
inline constexpr std::size_t device_name_max_bytes = 64;
/// Whether `name` can be the name of a folder, and be written in a list of names.
[[nodiscard]] bool is_device_name(std::string_view name);

struct MountOptions {
  ErrorsPolicy errors = ErrorsPolicy::remount_ro;
  bool explicit_open = false;
  bool strict = false;  ///< what the kernel's zonefs refuses is refused: buffered writes to sequential files, …
  TailPolicy tail = TailPolicy::refuse;
  /// Not an option that can be given: zeros that ftruncate(2) asked for are written a moment after the last close. A test
  /// without it has them written by what it does itself.
  bool zeros_are_swept = true;
  bool read_only = false;
  bool device_read_only = false;  ///< this device is not written, whatever the mount is: option readonly=
  DeviceSet devices;
  DeviceChoice device = DeviceChoice::automatic;
  std::uint32_t owner_uid = 0;  ///< owner of the directories: the user who mounts
  std::uint32_t owner_gid = 0;
  std::string log_file;              ///< where messages go; empty: the system log, or standard error
  CopyOptions copy;                  ///< does not include `copy_max_bytes`; copy_options_for() adds it
  std::uint64_t copy_max_bytes = 0;  ///< limit of one Copy command; 0: the device's own limit
  /// Options of mount(2) and FUSE itself, passed on: nosuid, nodev, noatime, …
  std::vector<std::string> passed_on;
};

/// Whether an option of a mount is accepted and ignored: one for mount(8) itself or other readers of fstab (defaults,
/// noauto, user, nofail, _netdev, x-…, comment=…), or one without a meaning for FUSE (nonempty, silent, mand, …).
[[nodiscard]] bool is_ignored(std::string_view option);

/// Parses a list ("errors=repair,copy=offload") and changes `options` accordingly. Of equal options the last counts.
/// Options that are ignored are dropped. EINVAL, with a detail that names the option and tells what would be right; `options` is unchanged then.
Status parse_options(std::string_view text, MountOptions& options);

/// The options after a remount with `text`, by the rules of Linux 6.9: `errors`, `explicit_open`, `read_only` and
/// `passed_on` are as given, or else their defaults. `tail` and the options of copies change where given, and else stay. `strict`,
/// `device`, `devices` and `log_file` stay; EINVAL where `text` would change them, as only a new mount can.
Result<MountOptions> parse_remount(std::string_view text, const MountOptions& current);

/// The options of the copy engine on a device of this block size, `copy_max_bytes` applied.
[[nodiscard]] CopyOptions copy_options_for(const MountOptions& options, std::uint32_t block_size_bytes);

/// The options in force, as a comma list that parse_options reads back.
[[nodiscard]] std::string format_options(const MountOptions& options);

}  // namespace zonecopy::zonefs
