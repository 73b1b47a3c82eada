// Commands to zones and copies, as the standards have them: below the devices that carry them out, and without I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy {

enum class ZoneAction : std::uint8_t { open, close, finish, reset };
[[nodiscard]] std::string_view to_string(ZoneAction action);

/// One source range of a Copy command (NVM Command Set 1.1, 3.2.2.1). It lies within one zone.
struct CopyRange {
  Lba start_lba = 0;
  std::uint32_t blocks = 0;
  friend bool operator==(const CopyRange&, const CopyRange&) = default;
};

/// One Copy command: the ranges, in order, to consecutive blocks from `destination_lba` (SDLBA), all in one zone.
struct CopyCommand {
  Lba destination_lba = 0;
  std::vector<CopyRange> ranges;
  bool kernel_may_move = true;  ///< else only CopyPath::offloaded will do, and anything else is a reason to fall back
  [[nodiscard]] std::uint64_t blocks() const;
  friend bool operator==(const CopyCommand&, const CopyCommand&) = default;
};

/// What to do about a Copy that did not do all it was asked.
enum class CopyDecision : std::uint8_t {
  fall_back,  ///< nothing was wrong with the data or the zone: read and write instead
  never,      ///< the same, and the device would refuse every other Copy as well
  fail,       ///< the zone or the media refused; read + write would be refused too, or is not safe to try
};

struct CopyFailure {
  CopyDecision decision = CopyDecision::fail;
  Error error;  ///< with the side that failed, where the device can tell
};

/// Where `failure` is a refusal for good (`never`), the device has no Copy from now on, and says why. Nothing brings it back
/// but to open the device again: formats and limits of a namespace are not expected to change beneath one that is open.
void note_refusal(DeviceInfo& info, const CopyFailure& failure);

/// `blocks_copied` is what is known to have been copied, from the first range on. Without `failure` it is all of it,
/// or less if the copy was cancelled.
struct CopyOutcome {
  std::uint64_t blocks_copied = 0;
  std::uint64_t blocks_by_kernel = 0;  ///< of these, what the kernel below has moved; the others were offloaded
  std::string kernel_reason;           ///< why it had to
  std::optional<CopyFailure> failure;
};

}  // namespace zonecopy
