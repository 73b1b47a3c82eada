// The errno that a system call returns for an error of the device. As with Linux's block layer, nearly all are EIO.
// Pure.
#pragma once

#include <cerrno>

#include "zonecopy/result.h"

namespace zonecopy::zonefs {

/// Whether an error is temporary: nothing is wrong with the media, and the caller can do something about it. These are:
/// no open or active zone left, no memory, no space for an image, or a limit on the size of its file. EFBIG from a zone
/// is not temporary: the zone is full or shorter than the file system knows.
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

/// EIO, except for temporary errors and for ESTALE (the image is on a server that no longer knows it).
[[nodiscard]] inline int device_errno(const Error& error) {
  return is_temporary(error) || error.code() == ESTALE ? error.code() : EIO;
}

}  // namespace zonecopy::zonefs
