#include "zonefs/host/remount.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>

#include "zonefs/core/status.h"
#include "zonefs/host/mount_identity.h"
#include "zonefs/host/mount_table.h"
#include "zonefs/options/mount_flags.h"
#include "zonefs/options/options.h"

namespace zonecopy::zonefs {
namespace {

/// The mount, held by a descriptor of its root from the first check on.
struct Target {
  std::string name;  ///< for people
  std::string path;  ///< for system calls: leads to the root and nowhere else
  FileDescriptor root;
  MountEntry entry;
};

/// An option that the kernel shows for every FUSE mount and mount(8) passes on, but that cannot be changed.
bool is_fuse_fact(std::string_view option) {
  constexpr std::array<std::string_view, 6> names = {
      "user_id=", "group_id=", "fd=", "rootmode=", "max_read=", "blksize="};
  const auto begins = [option](std::string_view name) { return option.starts_with(name); };
  return std::any_of(names.begin(), names.end(), begins) || option == "default_permissions" || option == "allow_other";
}

Error make_error(const std::string& directory, int code, std::string detail = {}) {
  return Error(code, "remount", std::move(detail)).on_device(directory);
}

Result<Target> find_target(const std::string& directory) {
  Result<FileDescriptor> place = open_place(directory);
  if (!place) return place.error();
  const Result<MountIdentity> identity = identity_of(place->get());
  if (!identity) return identity.error();
  Result<ReachedMount> reached = reach(*identity);
  if (!identity->is_root || !reached || !reached->entry.is_zonecopyfs()) {
    return make_error(directory, EINVAL, "zonecopyfs is not mounted here");
  }
  std::string path = path_of_descriptor(reached->root.get());
  struct statvfs facts {};
  if (statvfs(path.c_str(), &facts) != 0) {
    return make_error(directory, errno, errno == ENOTCONN ? "its daemon has ended; unmount it and mount again" : "");
  }
  return Target{directory, std::move(path), std::move(reached->root), std::move(reached->entry)};
}

Result<std::string> read_attribute(const Target& target, const char* name) {
  std::string text(65536, '\0');  // as long as an attribute may be
  const ssize_t length = getxattr(target.path.c_str(), name, text.data(), text.size());
  if (length < 0) return make_error(target.name, errno, "what is in force cannot be read");
  text.resize(static_cast<std::size_t>(length));
  return text;
}

Status send_options(const Target& target, const std::string& text) {
  if (setxattr(target.path.c_str(), remount_attribute.data(), text.data(), text.size(), 0) == 0) return {};
  if (errno == EROFS) return make_error(target.name, EROFS, "the device or image cannot be written");
  if (errno == EBUSY) return make_error(target.name, EBUSY, "another mount reads the image");
  return make_error(target.name, errno, fmt::format("the daemon refuses '{}'", text));
}

/// The names of devices as the daemon knows them, which is without links: fstab may have those of /dev/disk/by-id.
std::vector<std::string> with_name_nows(std::vector<std::string> options) {
  for (std::string& option : options) {
    for (const std::string_view name : {"with=", "readonly="}) {
      if (!option.starts_with(name)) continue;
      const std::string path(unquoted(std::string_view(option).substr(name.size())));
      const Result<std::string> name_now = canonical_device_name(path);
      if (name_now) option = fmt::format("{}{}", name, quoted_for_list(*name_now));
    }
  }
  return options;
}

/// Checks the options here as the daemon will, in order to print a reason: the daemon can only answer EINVAL.
Status check_options(const Target& target, const std::string& in_force, const RemountRequest& request) {
  MountOptions current;
  const Status parsed = parse_options(in_force, current);
  if (!parsed) return make_error(target.name, EINVAL, parsed.error().detail());
  const Result<MountOptions> accepted = parse_remount(join_options(request.options), current);
  return accepted ? Status() : make_error(target.name, EINVAL, accepted.error().detail());
}

Status set_flags(const Target& target, unsigned long flags) {
  if (mount(nullptr, target.path.c_str(), nullptr, MS_REMOUNT | flags, nullptr) == 0) return {};
  return make_error(target.name, errno, errno == EBUSY ? "files are open for writing" : "");
}

/// On a read-only mount no options can be sent to the daemon, because the kernel refuses to set extended attributes. So
/// this checks that the options are those in force.
Status check_unchanged(const Target& target, const std::string& before, const RemountRequest& request) {
  const std::vector<std::string> in_force = split_options(before);
  for (const std::string& option : request.options) {
    if (is_mount_flag(option) || is_ignored(option)) continue;
    if (std::ranges::find(in_force, option) != in_force.end()) continue;
    return make_error(target.name, EROFS,
                      fmt::format("'{}' cannot change while the mount stays read-only; add rw", option));
  }
  return {};
}

/// Changes the options first, so that a wrong option leaves the flags unchanged. If the flags fail, the options are
/// restored.
Status options_then_flags(const Target& target, const std::string& before, const RemountRequest& request) {
  const Result<std::string> read_only = read_attribute(target, read_only_attribute.data());
  if (!read_only) return read_only.error();
  const Status sent = send_options(target, join_options(request.options));
  if (!sent) return sent;
  const Status flags_set = set_flags(target, request.flags);
  // After an error the file system is read-only already, and the mount's flag follows when no file is open for writing.
  const bool follows = *read_only == "1" && (request.flags & MS_RDONLY) != 0;
  if (follows && !flags_set && flags_set.error().code() == EBUSY) return {};
  if (!flags_set) (void)send_options(target, before);
  return flags_set;
}

/// For a mount that is read-only: changes the flags first, for the reason that check_unchanged gives.
Status flags_then_options(const Target& target, const RemountRequest& request, unsigned long flags_before) {
  const Status flags_set = set_flags(target, request.flags);
  if (!flags_set) return flags_set;
  const Status sent = send_options(target, join_options(request.options));
  if (!sent) (void)set_flags(target, flags_before);
  return sent;
}

}  // namespace

RemountRequest sort_remount_options(std::span<const std::string> options, unsigned long current) {
  RemountRequest request;
  for (const std::string& option : options) {
    if (option != "remount" && !is_fuse_fact(option)) request.options.push_back(option);
  }
  request.flags = apply_mount_flags(request.options, current);
  return request;
}

Status remount(const MountCommand& command) {
  const Result<Target> target = find_target(command.directory);
  if (!target) return target.error();
  const unsigned long flags = target->entry.flags;
  const Result<std::string> options = read_attribute(*target, options_attribute.data());
  if (!options) return options.error();
  const RemountRequest request = sort_remount_options(with_name_nows(command.options), flags);
  const Status sound = check_options(*target, *options, request);
  if (!sound) return sound;

  const bool was_read_only = (flags & MS_RDONLY) != 0;
  const bool is_read_only = (request.flags & MS_RDONLY) != 0;
  if (!was_read_only) return options_then_flags(*target, *options, request);
  if (!is_read_only) return flags_then_options(*target, request, flags);
  const Status unchanged = check_unchanged(*target, *options, request);
  return unchanged ? set_flags(*target, request.flags) : unchanged;
}

}  // namespace zonecopy::zonefs
