// What mkfs.zonecopyfs and `zonecopy format` are asked for, and how text becomes it. Pure. The grammar is mkzonefs'.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zonecopy/result.h"
#include "zonefs/disk/super_block.h"

namespace zonecopy::zonefs {

struct FormatOptions {
  std::string label;  ///< at most label_max_bytes
  Features features;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t permissions = default_permissions;
  std::optional<std::array<std::uint8_t, 16>> uuid;  ///< none: a random one
  bool force = false;                                ///< overwrite what is there
  bool verbose = false;                              ///< print every zone
};

// These change `options` only when the text is right. Errors are EINVAL; their detail, which begins with mkzonefs' own
// message where it has one, is all a user needs to read.

/// The argument of -o: a comma list of aggr_cnv, uid=NUMBER, gid=NUMBER and perm=OCTAL. Empty items mean nothing, an
/// empty number means 0. As with mkzonefs -1 passes for a number (a mount then refuses it) and permissions are not
/// checked; unlike mkzonefs a number that does not fit into 32 bits is refused rather than cut.
Status parse_features(std::string_view text, FormatOptions& options);
/// The argument of -L.
Status parse_label(std::string_view text, FormatOptions& options);
/// The argument of --uuid: 8-4-4-4-12 hexadecimal digits.
Status parse_uuid(std::string_view text, FormatOptions& options);

struct FormatCommand {
  enum class Action : std::uint8_t { format, show_help, show_version };
  Action action = Action::format;
  FormatOptions options;
  std::string device;
};

/// The command line of mkfs.zonecopyfs without the program's name: options first, then exactly one device.
Result<FormatCommand> parse_format_command(std::span<const char* const> words);

}  // namespace zonecopy::zonefs
