// Whether a caller could open a file for reading, as the kernel would decide: by owner, groups and mode bits
// (path_resolution(7), "Permissions"). For requests that name files by number, which the kernel has not checked. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "zonefs/core/attributes.h"

namespace zonecopy::zonefs {

/// A caller as far as access is concerned.
struct FileUser {
  uid_t user = 0;
  gid_t group = 0;
  /// The other groups, sorted. None where they are not known: then only what a member of any group may do is allowed.
  std::optional<std::vector<gid_t>> groups;
  bool reads_everything =
      false;  ///< CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE (capabilities(7)), here and not only in a user namespace of its own
};

enum class Wanted : std::uint8_t {
  search = 1,  ///< of a directory
  read = 4,
};

[[nodiscard]] bool permits(const Attributes& attributes, const FileUser& user, Wanted wanted);

}  // namespace zonecopy::zonefs
