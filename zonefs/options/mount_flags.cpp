#include "zonefs/options/mount_flags.h"

#include <sys/mount.h>

#include <algorithm>
#include <utility>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

namespace zonecopy::zonefs {
namespace {

constexpr unsigned long access_time_flags = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;

struct MountFlag {
  std::string_view name;
  unsigned long set;
  unsigned long clear;
};
constexpr MountFlag mount_flags[] = {
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

constexpr std::pair<unsigned long, std::uint32_t> attribute_of[] = {
    {MS_RDONLY, MOUNT_ATTR_RDONLY},         {MS_NOSUID, MOUNT_ATTR_NOSUID},
    {MS_NODEV, MOUNT_ATTR_NODEV},           {MS_NOEXEC, MOUNT_ATTR_NOEXEC},
    {MS_NOATIME, MOUNT_ATTR_NOATIME},       {MS_STRICTATIME, MOUNT_ATTR_STRICTATIME},
    {MS_NODIRATIME, MOUNT_ATTR_NODIRATIME}, {MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
};

constexpr std::pair<unsigned long, const char*> file_system_flag_of[] = {
    {MS_RDONLY, "ro"}, {MS_SYNCHRONOUS, "sync"}, {MS_DIRSYNC, "dirsync"}, {MS_LAZYTIME, "lazytime"}};

}  // namespace

bool is_mount_flag(std::string_view option) {
  return std::ranges::any_of(mount_flags, [option](const MountFlag& flag) { return flag.name == option; });
}

unsigned long apply_mount_flags(std::span<const std::string> options, unsigned long flags) {
  for (const std::string& option : options) {
    for (const MountFlag& flag : mount_flags) {
      if (flag.name == option) flags = (flags & ~flag.clear) | flag.set;
    }
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
  for (const auto& [flag, name] : file_system_flag_of) {
    if ((flags & flag) != 0) names.push_back(name);
  }
  return names;
}

}  // namespace zonecopy::zonefs
