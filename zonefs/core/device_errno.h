// What a caller is told of a device's error. Linux's block layer knows few: nearly everything is EIO. Pure.
#pragma once

#include <cerrno>

#include "zonecopy/result.h"

namespace zonecopy::zonefs {

/// A refusal that says nothing bad about the media and that a caller can do something about: no open or active zone
/// left, no memory, no space under an image, or a limit to how large it may become. (EFBIG of a zone that is full, or
/// ends earlier than we think, is none: we are wrong about the zone.)
[[nodiscard]] inline bool is_temporary(const Error& error) {
  if (error.zone_refusal()) return is_shortage(*error.zone_refusal());
  switch (error.code()) {
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return true;
    default: return false;
  }
}

/// EIO but for what is temporary, and for an image on a server that knows it no more.
[[nodiscard]] inline int device_errno(const Error& error) {
  return is_temporary(error) || error.code() == ESTALE ? error.code() : EIO;
}

}  // namespace zonecopy::zonefs
