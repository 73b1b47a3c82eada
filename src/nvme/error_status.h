// Which NVMe status an error of this program is, for hosts that are answered: the reverse of status.h. Pure.
#pragma once

#include "src/nvme/status_code.h"
#include "zonecopy/result.h"

namespace zonecopy::nvme {

/// What the command that failed was about to do with the media: an EIO is another status for each.
enum class MediaAccess : std::uint8_t { read, write };

struct ErrorStatus {
  StatusCode code = 0;
  bool do_not_retry = false;  ///< the same command would fail in the same way
};

/// The status that tells a host of `error`, which a device gave for a command that the host was right to send. What the
/// device below was asked is not what the host has asked, so the status of a drive is handed on only where it is about
/// zones or media.
[[nodiscard]] ErrorStatus status_of(const Error& error, MediaAccess access);

}  // namespace zonecopy::nvme
