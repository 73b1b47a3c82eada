// The command lines that mount(8) and umount(8) give their helpers. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "zonecopy/result.h"
#include "zonefs/options/option_list.h"

namespace zonecopy::zonefs {

/// mount.zonecopyfs SOURCE DIR [-sfnv] [-N namespace] [-t type] [-o options]
struct MountCommand {
  std::string source;
  std::string directory;
  std::vector<std::string> options;  ///< of all -o, in order
  std::string mount_namespace;       ///< a process id or a path; empty: this one
  bool fake = false;
  bool sloppy = false;  ///< options that are unknown are left out
  bool verbose = false;
  bool show_help = false;     ///< --help instead of anything else
  bool show_version = false;  ///< --version

  [[nodiscard]] bool remount() const;
};

/// umount.zonecopyfs DIR [-flnrv] [-N namespace] [-t type]
struct UnmountCommand {
  std::string directory;
  std::string mount_namespace;
  bool force = false;
  bool lazy = false;
  bool read_only_if_busy = false;
  bool verbose = false;
  bool show_help = false;
  bool show_version = false;
};

// `words` are without the program's name. EINVAL, whose detail says what is wrong with which of them.
Result<MountCommand> parse_mount_command(std::span<const char* const> words);
Result<UnmountCommand> parse_unmount_command(std::span<const char* const> words);

}  // namespace zonecopy::zonefs
