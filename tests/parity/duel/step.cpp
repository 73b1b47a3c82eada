#include "tests/parity/duel/step.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>

#include <array>
#include <string_view>

namespace parity {
namespace {

constexpr std::array<const char*, call_kinds> call_names = {"open",
                                                            "close",
                                                            "write",
                                                            "pwrite",
                                                            "pwritev2",
                                                            "aio write",
                                                            "io_uring write",
                                                            "read",
                                                            "pread",
                                                            "preadv2",
                                                            "aio read",
                                                            "io_uring read",
                                                            "truncate",
                                                            "ftruncate",
                                                            "lseek",
                                                            "sync",
                                                            "fcntl F_SETFL",
                                                            "mmap",
                                                            "copy_file_range",
                                                            "sendfile",
                                                            "chmod",
                                                            "chown",
                                                            "utimens",
                                                            "statfs",
                                                            "name",
                                                            "readdir",
                                                            "access",
                                                            "xattr",
                                                            "control",
                                                            "flock",
                                                            "fadvise DONTNEED",
                                                            "remount",
                                                            "mount again",
                                                            "bad zone",
                                                            "drop caches"};

constexpr std::array<const char*, 25> variant_names = {
    "",         "fsync",     "fdatasync",   "syncfs",          "sync_file_range", "mkdir",     "rmdir",
    "unlink",   "rename",    "link",        "symlink",         "mknod",           "readlink",  "getxattr",
    "setxattr", "listxattr", "removexattr", "FS_IOC_GETFLAGS", "FICLONE",         "fallocate", "FS_IOC_FIEMAP",
    "read",     "write",     "read-only",   "offline"};

struct FlagName {
  int flag;
  const char* name;
};
constexpr FlagName flag_names[] = {{O_CREAT, "O_CREAT"},     {O_EXCL, "O_EXCL"},           {O_TRUNC, "O_TRUNC"},
                                   {O_APPEND, "O_APPEND"},   {O_NONBLOCK, "O_NONBLOCK"},   {O_DIRECT, "O_DIRECT"},
                                   {O_NOATIME, "O_NOATIME"}, {O_DIRECTORY, "O_DIRECTORY"}, {O_NOFOLLOW, "O_NOFOLLOW"},
                                   {O_PATH, "O_PATH"}};
constexpr FlagName io_flag_names[] = {
    {RWF_DSYNC, "RWF_DSYNC"}, {RWF_SYNC, "RWF_SYNC"}, {RWF_NOWAIT, "RWF_NOWAIT"}, {RWF_APPEND, "RWF_APPEND"}};

std::string io_flags(int flags) {
  std::string text;
  for (const FlagName& known : io_flag_names) {
    if ((flags & known.flag) != 0) text += fmt::format(" {}", known.name);
  }
  return text;
}

/// What the numbers of a step mean depends on its call.
std::string arguments(const Step& step) {
  switch (step.call) {
    case Call::open:
    case Call::set_flags: return " " + open_flag_names(step.flags);
    case Call::truncate:
    case Call::ftruncate: return fmt::format(" to {}", step.offset);
    case Call::seek: return fmt::format(" {} whence {}", step.offset, step.flags);
    case Call::chmod:
    case Call::access: return fmt::format(" 0{:o}", step.flags);
    case Call::chown: return fmt::format(" {}:{}", static_cast<int>(step.user), static_cast<int>(step.group));
    case Call::set_times:
      return fmt::format(" {}.{} {}.{}", step.seconds, step.nanoseconds, step.other_seconds, step.other_nanoseconds);
    case Call::remount:
    case Call::mount_again: return " " + step.options;
    case Call::copy:
    case Call::sendfile:
      return fmt::format(" {} to slot {} {} at {} length {} flags {}", step.offset, step.other_slot, step.other_path,
                         step.other_offset, step.length, step.flags);
    case Call::name: return step.other_path.empty() ? "" : " " + step.other_path;
    case Call::map:
    case Call::control:
    case Call::lock: return fmt::format(" at {} length {} flags {:#x}", step.offset, step.length, step.flags);
    default: break;
  }
  if (!is_read(step.call) && !is_write(step.call)) return "";
  std::string text = fmt::format(" at {} length {}", step.offset, step.length);
  if (step.pieces > 1) text += fmt::format(" in {} pieces of {}", step.pieces, step.piece_length);
  if (step.seek_first) text += " after lseek";
  return text + io_flags(step.flags);
}

}  // namespace

bool is_write(Call call) { return call >= Call::write && call <= Call::uring_write; }
bool is_read(Call call) { return call >= Call::read && call <= Call::uring_read; }
const char* name_of(Call call) { return call_names.at(static_cast<std::size_t>(call)); }

std::string open_flag_names(int flags) {
  constexpr const char* access_modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
  std::string text = access_modes[flags & O_ACCMODE];
  for (const FlagName& known : flag_names) {
    if ((flags & known.flag) != 0) text += fmt::format("|{}", known.name);
  }
  if ((flags & O_SYNC) == O_SYNC) text += "|O_SYNC";
  else if ((flags & O_DSYNC) != 0) text += "|O_DSYNC";
  if ((flags & O_TMPFILE) == O_TMPFILE) text += "|O_TMPFILE";
  return text;
}

std::string describe(const Step& step) {
  std::string text =
      step.variant == Variant::none
          ? name_of(step.call)
          : fmt::format("{} {}", name_of(step.call), variant_names.at(static_cast<std::size_t>(step.variant)));
  if (step.slot >= 0) text += fmt::format(" slot {}", step.slot);
  text += fmt::format(" \"{}\"", step.path.size() > 40 ? step.path.substr(0, 40) + "…" : step.path);
  text += arguments(step);
  if (step.memory_offset != 0) text += fmt::format(" memory+{}", step.memory_offset);
  if (step.file_limit != 0) text += fmt::format(" RLIMIT_FSIZE {}", step.file_limit);
  if (step.as_other_user) text += " as another user";
  if (step.fault) text += fmt::format(" while sectors {}+{} fail", step.fault_sector, step.fault_sectors);
  return text;
}

}  // namespace parity
