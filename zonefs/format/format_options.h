// The options of mkfs.zonecopyfs and `zonecopy format`, and how they are parsed: as by mkzonefs. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"
#include "zonefs/disk/super_block.h"

namespace zonecopy::zonefs {

struct FormatOptions {
  std::string label;  ///< at most label_max_bytes
  Features features;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t permissions = default_permissions;
  std::optional<std::array<std::uint8_t, 16>> uuid;  ///< nothing: a random one
  bool force = false;                                ///< overwrite existing content
  bool verbose = false;                              ///< print every zone
  bool uid_by_default = false;                       ///< the owner was not given: it is who formats, if not root
  bool gid_by_default = false;
  /// What stands in zone 0 after the super block; a multiple of its size, or nothing.
  std::vector<std::byte> after_super_block;
};

/// Where no owner or no group is given, all files belong to the user `uid` and the group `gid` who format. Changes
/// nothing for root, whose files they are anyway.
void give_to_caller(FormatOptions& options, std::uint32_t uid, std::uint32_t gid);

// Each changes `options` only if the text is right. Else it returns EINVAL with a detail that is the whole message. It
// begins with the message of mkzonefs where there is one.

/// Parses the argument of -o: a list of aggr_cnv, uid=NUMBER, gid=NUMBER and perm=OCTAL. Empty items are ignored, and
/// an empty number means 0. As with mkzonefs, -1 is taken as a number (which a mount then refuses) and permissions are
/// not checked. Unlike mkzonefs, a number that does not fit into 32 bits is an error and is not cut.
Status parse_features(std::string_view text, FormatOptions& options);
/// Parses the argument of -L.
Status parse_label(std::string_view text, FormatOptions& options);
/// Parses the argument of --uuid: 8-4-4-4-12 hexadecimal digits.
Status parse_uuid(std::string_view text, FormatOptions& options);

struct FormatCommand {
  enum class Action : std::uint8_t { format, show_help, show_version };
  Action action = Action::format;
  FormatOptions options;
  bool concatenate = false;          ///< the devices are to be one, in a row
  std::vector<std::string> devices;  ///< one, but with `concatenate`
};

/// Parses the command line of mkfs.zonecopyfs without the program's name: options first, then exactly one device, or
/// with --concat at least two. EINVAL.
Result<FormatCommand> parse_format_command(std::span<const char* const> words);

}  // namespace zonecopy::zonefs
