// Names, attributes, and what zone files do not have.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

#include "tests/parity/duel/side.h"

namespace parity {

Outcome Side::change_attributes(const Step& step) {
  const int file = fd(step.slot);
  const std::string name = path(step.path);
  const auto mode = static_cast<mode_t>(step.flags);
  switch (step.call) {
    case Call::chmod: return outcome_of(file >= 0 ? fchmod(file, mode) : ::chmod(name.c_str(), mode));
    case Call::chown:
      return outcome_of(file >= 0 ? fchown(file, step.user, step.group) : ::chown(name.c_str(), step.user, step.group));
    default: break;
  }
  const timespec times[2] = {{step.seconds, step.nanoseconds}, {step.other_seconds, step.other_nanoseconds}};
  Outcome outcome = outcome_of(file >= 0 ? futimens(file, times) : utimensat(AT_FDCWD, name.c_str(), times, 0));
  struct stat now {};
  // Access times are compared here and nowhere else: see known_differences.cpp.
  if (outcome.result == 0 && step.nanoseconds < 1'000'000'000 && facts(step.path, step.slot, now).result == 0) {
    outcome.words = fmt::format("atime {}.{:09}", now.st_atim.tv_sec, now.st_atim.tv_nsec);
  }
  return outcome;
}

Outcome Side::statistics(const Step& step) {
  struct statfs facts {};
  Outcome outcome =
      outcome_of(step.slot >= 0 ? fstatfs(fd(step.slot), &facts) : ::statfs(path(step.path).c_str(), &facts));
  if (outcome.result < 0) return outcome;
  outcome.words = fmt::format("bsize {} frsize {} blocks {} bfree {} bavail {} files {} ffree {} namelen {} ro {}",
                              facts.f_bsize, facts.f_frsize, facts.f_blocks, facts.f_bfree, facts.f_bavail,
                              facts.f_files, facts.f_ffree, facts.f_namelen, (facts.f_flags & ST_RDONLY) != 0);
  return outcome;
}

Outcome Side::change_name(const Step& step) {
  const std::string name = path(step.path);
  const std::string other = path(step.other_path);
  switch (step.variant) {
    case Variant::mkdir: return outcome_of(::mkdir(name.c_str(), 0700));
    case Variant::rmdir: return outcome_of(::rmdir(name.c_str()));
    case Variant::unlink: return outcome_of(::unlink(name.c_str()));
    case Variant::rename:
      return outcome_of(renameat2(AT_FDCWD, name.c_str(), AT_FDCWD, other.c_str(), static_cast<unsigned>(step.flags)));
    case Variant::link: return outcome_of(::link(name.c_str(), other.c_str()));
    case Variant::symlink: return outcome_of(::symlink("0", name.c_str()));
    case Variant::mknod: return outcome_of(::mknod(name.c_str(), S_IFIFO | 0600, 0));
    default: break;
  }
  char target[64];
  return outcome_of(::readlink(name.c_str(), target, sizeof target));
}

Outcome Side::list(const Step& step) {
  DIR* directory = opendir(path(step.path).c_str());
  if (directory == nullptr) return outcome_of(-1);
  Outcome outcome;
  while (const dirent* entry = readdir(directory)) {
    // What lies above the mount point differs, of course.
    const bool outside = step.path.empty() && std::string(entry->d_name) == "..";
    outcome.words += fmt::format("{} {} {}; ", entry->d_name, outside ? 0 : device_inode(entry->d_ino), entry->d_type);
  }
  closedir(directory);
  return outcome;
}

Outcome Side::extended_attribute(const Step& step) {
  const int file = fd(step.slot);
  const std::string name = path(step.path);
  constexpr const char* attribute = "user.test";
  char room[4096];
  switch (step.variant) {
    case Variant::get:
      return outcome_of(file >= 0 ? fgetxattr(file, attribute, room, sizeof room)
                                  : getxattr(name.c_str(), attribute, room, sizeof room));
    case Variant::set:
      return outcome_of(file >= 0 ? fsetxattr(file, attribute, "1", 1, 0)
                                  : setxattr(name.c_str(), attribute, "1", 1, 0));
    case Variant::list:
      return outcome_of(file >= 0 ? flistxattr(file, room, sizeof room) : listxattr(name.c_str(), room, sizeof room));
    default: return outcome_of(file >= 0 ? fremovexattr(file, attribute) : removexattr(name.c_str(), attribute));
  }
}

Outcome Side::control(const Step& step) {
  const int file = fd(step.slot);
  unsigned long flags = 0;
  fiemap extents{};
  extents.fm_length = ~0ULL;
  switch (step.variant) {
    case Variant::get_flags: return outcome_of(ioctl(file, FS_IOC_GETFLAGS, &flags));
    case Variant::clone: return outcome_of(ioctl(file, FICLONE, file));
    case Variant::fallocate:
      return outcome_of(::fallocate(file, step.flags, step.offset, static_cast<off_t>(step.length)));
    default: return outcome_of(ioctl(file, FS_IOC_FIEMAP, &extents));
  }
}

}  // namespace parity
