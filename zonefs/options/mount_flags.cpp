#include "zonefs/options/mount_flags.h"

#include <libmount.h>
#include <sys/mount.h>

#include <algorithm>
#include <utility>

namespace zonecopy::zonefs {
namespace {

// At most one of them is set.
constexpr unsigned long access_time_flags = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;

// What libmount knows besides, and besides `flags_without_meaning`, is another call than a mount (bind, remount, shared).
constexpr unsigned long flags_of_mounts = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS | MS_DIRSYNC |
                                          MS_NODIRATIME | MS_LAZYTIME | MS_NOSYMFOLLOW | access_time_flags;

// The kernel's messages about a mount go to who asked (fsopen(2)), mandatory locks are gone since Linux 5.15, and a server
// has no change counters.
constexpr unsigned long flags_without_meaning = MS_SILENT | MS_MANDLOCK | MS_I_VERSION;

// fusermount3 has no word for these. They change nothing for users: FUSE leaves access times to the server, and a zone tree
// has no symbolic links.
constexpr unsigned long flags_unknown_to_fusermount =
    MS_RELATIME | MS_STRICTATIME | MS_NODIRATIME | MS_LAZYTIME | MS_NOSYMFOLLOW;

constexpr unsigned long flags_of_file_systems = MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME;

// Of fstab's own options, those that say who may mount, when, and by which program. What is left out (offset=, verity.…)
// would change what is mounted, and must not be ignored.
constexpr int options_for_others = MNT_MS_NOAUTO | MNT_MS_USER | MNT_MS_USERS | MNT_MS_OWNER | MNT_MS_GROUP |
                                   MNT_MS_NETDEV | MNT_MS_COMMENT | MNT_MS_LOOP | MNT_MS_NOFAIL | MNT_MS_UHELPER |
                                   MNT_MS_HELPER | MNT_MS_XCOMMENT | MNT_MS_XFSTABCOMM;

// libmount calls mount(2) and has no names of the newer calls.
constexpr std::pair<unsigned long, std::uint32_t> attribute_of[] = {
    {MS_RDONLY, MOUNT_ATTR_RDONLY},         {MS_NOSUID, MOUNT_ATTR_NOSUID},
    {MS_NODEV, MOUNT_ATTR_NODEV},           {MS_NOEXEC, MOUNT_ATTR_NOEXEC},
    {MS_NOATIME, MOUNT_ATTR_NOATIME},       {MS_STRICTATIME, MOUNT_ATTR_STRICTATIME},
    {MS_NODIRATIME, MOUNT_ATTR_NODIRATIME}, {MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
};

/// One of libmount's tables.
std::span<const libmnt_optmap> table(int which) {
  const libmnt_optmap* const begin = mnt_get_builtin_optmap(which);
  const libmnt_optmap* end = begin;
  while (end->name != nullptr) ++end;
  return {begin, end};
}

unsigned long flag_of(const libmnt_optmap& entry) { return static_cast<unsigned long>(entry.id); }

const libmnt_optmap* find_flag(std::string_view option, unsigned long among = flags_of_mounts) {
  for (const libmnt_optmap& entry : table(MNT_LINUX_MAP)) {
    if (entry.name == option && (flag_of(entry) & among) != 0) return &entry;
  }
  return nullptr;
}

/// libmount writes "name", "name=" for one that needs a value, "name[=]" for one that can have one, and "x-" for all that
/// begin so.
bool has_form_of(const libmnt_optmap& entry, std::string_view option) {
  std::string_view form = entry.name;
  if ((entry.mask & MNT_PREFIX) != 0 || form.ends_with('=')) return option.starts_with(form);
  if (!form.ends_with("[=]")) return option == form;
  form.remove_suffix(3);
  return option.starts_with(form) && (option.size() == form.size() || option[form.size()] == '=');
}

}  // namespace

bool is_mount_flag(std::string_view option) { return find_flag(option) != nullptr; }

bool is_flag_without_meaning(std::string_view option) { return find_flag(option, flags_without_meaning) != nullptr; }

bool is_unknown_to_fusermount(std::string_view option) {
  const libmnt_optmap* const entry = find_flag(option);
  return entry != nullptr && (flag_of(*entry) & flags_unknown_to_fusermount) != 0;
}

bool is_for_others(std::string_view option) {
  return std::ranges::any_of(table(MNT_USERSPACE_MAP), [option](const libmnt_optmap& entry) {
    const bool changes_nothing = entry.id == 0 || (entry.id & options_for_others) != 0;  // 0 is "defaults"
    return changes_nothing && has_form_of(entry, option);
  });
}

unsigned long apply_mount_flags(std::span<const std::string> options, unsigned long flags) {
  for (const std::string& option : options) {
    const libmnt_optmap* const entry = find_flag(option);
    if (entry == nullptr) continue;
    const unsigned long flag = flag_of(*entry);
    const bool of_access_times = (flag & access_time_flags) != 0;
    if ((entry->mask & MNT_INVERT) != 0) {
      flags &= ~flag;
    } else {
      flags = (of_access_times ? flags & ~access_time_flags : flags) | flag;
    }
    // "atime" and its like take away what was; the kernel's default is left.
    if (of_access_times && (flags & access_time_flags) == 0) flags |= MS_RELATIME;
  }
  return flags;
}

std::uint32_t mount_attributes(unsigned long flags) {
  std::uint32_t attributes = 0;
  for (const auto& [flag, attribute] : attribute_of) {
    if ((flags & flag) != 0) attributes |= attribute;
  }
  return attributes;
}

std::vector<const char*> file_system_flags(unsigned long flags) {
  std::vector<const char*> names;
  for (const libmnt_optmap& entry : table(MNT_LINUX_MAP)) {
    const bool sets = (entry.mask & MNT_INVERT) == 0;
    if (sets && (flag_of(entry) & flags & flags_of_file_systems) != 0) names.push_back(entry.name);
  }
  return names;
}

}  // namespace zonecopy::zonefs
