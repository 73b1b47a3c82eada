#include "remount.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>

#include "mount_table.h"
#include "options.h"
#include "status_attributes.h"

namespace zonecopy::zonefs {
namespace {

#ifndef MS_NOSYMFOLLOW
constexpr unsigned long MS_NOSYMFOLLOW = 256;
#endif
#ifndef ST_NOSYMFOLLOW
constexpr unsigned long ST_NOSYMFOLLOW = 8192;
#endif
constexpr unsigned long access_time_flags = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;

struct GeneralOption {
  std::string_view name;
  unsigned long set;
  unsigned long clear;
};
constexpr GeneralOption general_options[] = {
    {"ro", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},
    {"noatime", MS_NOATIME, access_time_flags},
    {"atime", MS_RELATIME, access_time_flags},
    {"relatime", MS_RELATIME, access_time_flags},
    {"norelatime", 0, MS_RELATIME},
    {"strictatime", MS_STRICTATIME, access_time_flags},
    {"nostrictatime", MS_RELATIME, access_time_flags},
    {"nodiratime", MS_NODIRATIME, 0},
    {"diratime", 0, MS_NODIRATIME},
    {"lazytime", MS_LAZYTIME, 0},
    {"nolazytime", 0, MS_LAZYTIME},
    {"nosymfollow", MS_NOSYMFOLLOW, 0},
    {"symfollow", 0, MS_NOSYMFOLLOW},
};

/// What the kernel shows of every FUSE mount, mount(8) repeats, and nobody can change.
bool is_fuse_fact(std::string_view option) {
  constexpr std::array<std::string_view, 6> names = {
      "user_id=", "group_id=", "fd=", "rootmode=", "max_read=", "blksize="};
  const auto begins = [option](std::string_view name) { return option.starts_with(name); };
  return std::any_of(names.begin(), names.end(), begins) || option == "default_permissions" || option == "allow_other";
}

Error failed(const std::string& directory, int code, std::string detail = {}) {
  return Error(code, "remount", std::move(detail)).on_device(directory);
}

/// The flags the mount has now, in the form mount(2) takes them.
Result<unsigned long> current_flags(const std::string& directory) {
  constexpr std::pair<unsigned long, unsigned long> flag_pairs[] = {
      {ST_RDONLY, MS_RDONLY},         {ST_NOSUID, MS_NOSUID},           {ST_NODEV, MS_NODEV},
      {ST_NOEXEC, MS_NOEXEC},         {ST_SYNCHRONOUS, MS_SYNCHRONOUS}, {ST_NOATIME, MS_NOATIME},
      {ST_NODIRATIME, MS_NODIRATIME}, {ST_RELATIME, MS_RELATIME},       {ST_NOSYMFOLLOW, MS_NOSYMFOLLOW}};
  struct statvfs facts {};
  if (statvfs(directory.c_str(), &facts) != 0) {
    return failed(directory, errno, errno == ENOTCONN ? "its daemon has ended; unmount it and mount again" : "");
  }
  unsigned long flags = 0;
  for (const auto& [seen, wanted] : flag_pairs) {
    if ((facts.f_flag & seen) != 0) flags |= wanted;
  }
  return flags;
}

Status check_mount_point(const std::string& directory) {
  const Result<std::string> real_path = canonical_path(directory);
  if (!real_path) return real_path.error();
  const Result<std::vector<MountEntry>> table = read_mount_table();
  if (!table) return table.error();
  const MountEntry* entry = find_mount_at(*table, *real_path);
  if (entry == nullptr || !entry->is_zonecopyfs()) return failed(directory, EINVAL, "zonecopyfs is not mounted here");
  return {};
}

Result<std::string> read_attribute(const std::string& directory, const char* name) {
  std::string text(4096, '\0');
  const ssize_t length = getxattr(directory.c_str(), name, text.data(), text.size());
  if (length < 0) return failed(directory, errno, "what is in force cannot be read");
  text.resize(static_cast<std::size_t>(length));
  return text;
}

Status send_options(const std::string& directory, const std::string& text) {
  if (setxattr(directory.c_str(), remount_attribute.data(), text.data(), text.size(), 0) == 0) return {};
  return failed(directory, errno, fmt::format("the daemon refuses '{}'", text));
}

/// What the daemon would say to the options; it can answer no more than EINVAL.
Status check_options(const std::string& directory, const std::string& in_force, const RemountRequest& request) {
  MountOptions current;
  const Status parsed = parse_options(in_force, current);
  if (!parsed) return failed(directory, EINVAL, parsed.error().detail());
  const Result<MountOptions> accepted = parse_remount(join_options(request.options), current);
  return accepted ? Status() : failed(directory, EINVAL, accepted.error().detail());
}

Status set_flags(const std::string& directory, unsigned long flags) {
  if (mount(nullptr, directory.c_str(), nullptr, MS_REMOUNT | flags, nullptr) == 0) return {};
  return failed(directory, errno, errno == EBUSY ? "files are open for writing" : "");
}

/// A mount that is read-only takes no options: the kernel refuses to set attributes on it. That is no loss for options
/// that are in force already.
Status check_unchanged(const std::string& directory, const std::string& before, const RemountRequest& request) {
  const std::vector<std::string> in_force = split_options(before);
  for (const std::string& option : request.options) {
    const auto is_it = [&option](const GeneralOption& general) { return general.name == option; };
    const bool general = std::any_of(std::begin(general_options), std::end(general_options), is_it);
    if (general || std::find(in_force.begin(), in_force.end(), option) != in_force.end()) continue;
    return failed(directory, EROFS, fmt::format("'{}' cannot change while the mount stays read-only; add rw", option));
  }
  return {};
}

/// Options first, so that one that is refused leaves the flags alone; flags that are refused bring the options back.
Status options_then_flags(const std::string& directory, const std::string& before, const RemountRequest& request) {
  const Result<std::string> read_only = read_attribute(directory, "user.zonecopy.read_only");
  if (!read_only) return read_only.error();
  const Status sent = send_options(directory, join_options(request.options));
  if (!sent) return sent;
  const Status flags_set = set_flags(directory, request.flags);
  // After an error the file system is read-only already, and the mount table follows when nobody writes any more.
  const bool follows = *read_only == "1" && (request.flags & MS_RDONLY) != 0;
  if (follows && !flags_set && flags_set.error().code() == EBUSY) return {};
  if (!flags_set) (void)send_options(directory, before);
  return flags_set;
}

/// Out of read-only the flags have to go first; see check_unchanged.
Status flags_then_options(const std::string& directory, const RemountRequest& request, unsigned long flags_before) {
  const Status flags_set = set_flags(directory, request.flags);
  if (!flags_set) return flags_set;
  const Status sent = send_options(directory, join_options(request.options));
  if (!sent) (void)set_flags(directory, flags_before);
  return sent;
}

}  // namespace

RemountRequest sort_remount_options(std::span<const std::string> options, unsigned long current) {
  RemountRequest request;
  request.flags = current;
  for (const std::string& option : options) {
    if (option == "remount" || is_fuse_fact(option)) continue;
    request.options.push_back(option);
    for (const GeneralOption& general : general_options) {
      if (general.name == option) request.flags = (request.flags & ~general.clear) | general.set;
    }
  }
  return request;
}

Status remount(const MountCommand& command) {
  const std::string& directory = command.directory;
  const Status mounted = check_mount_point(directory);
  if (!mounted) return mounted;
  const Result<unsigned long> flags = current_flags(directory);
  if (!flags) return flags.error();
  const Result<std::string> options = read_attribute(directory, options_attribute.data());
  if (!options) return options.error();
  const RemountRequest request = sort_remount_options(command.options, *flags);
  const Status sound = check_options(directory, *options, request);
  if (!sound) return sound;

  const bool was_read_only = (*flags & MS_RDONLY) != 0;
  const bool is_read_only = (request.flags & MS_RDONLY) != 0;
  if (!was_read_only) return options_then_flags(directory, *options, request);
  if (!is_read_only) return flags_then_options(directory, request, *flags);
  const Status unchanged = check_unchanged(directory, *options, request);
  return unchanged ? set_flags(directory, request.flags) : unchanged;
}

}  // namespace zonecopy::zonefs
