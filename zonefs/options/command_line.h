// The command line of zonecopyfs. Pure.
#pragma once

#include <span>
#include <string>

#include "zonefs/options/options.h"

namespace zonecopy::zonefs {

struct CommandLine {
  std::string device;  ///< the first; the others are in options.devices.with
  std::string mount_point;
  bool foreground = false;
  bool help = false;
  bool version = false;
  MountOptions options;
};

/// `[--concat] DEVICE… MOUNTPOINT [-f] [-o OPTIONS]…`, in any order. EINVAL whose detail is for a person.
Result<CommandLine> parse_command_line(std::span<const char* const> words);

}  // namespace zonecopy::zonefs
