// What a caller is told of a device's error. Linux's block layer knows few: nearly everything is EIO. Pure.
#pragma once

#include <cerrno>

#include "zonecopy/result.h"

namespace zonecopy::zonefs {

/// EIO but for what a caller can do something about: no open or active zone resource left (ETOOMANYREFS, EOVERFLOW), no
/// memory, and no space under an image.
[[nodiscard]] inline int device_errno(const Error& error) {
  switch (error.code()) {
    case ETOOMANYREFS:
    case EOVERFLOW:
    case ENOMEM:
    case ENOSPC:
    case EDQUOT: return error.code();
    default: return EIO;
  }
}

}  // namespace zonecopy::zonefs
