// Zone management and Copy commands as values, under the names of the standards. Devices carry them out. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Zone Send Action of a Zone Management Send command (NVMe ZNS 1.1, 3.4.3).
enum class ZoneAction : std::uint8_t { open, close, finish, reset };
/// "zone open", …: the operation that errors name. The text is static and ends with a 0.
[[nodiscard]] std::string_view to_string(ZoneAction action);

/// One source range of a Copy command (NVM Command Set 1.1, 3.2.2.1). It lies within one zone.
struct CopyRange {
  Lba start_lba = 0;
  std::uint32_t blocks = 0;
  friend bool operator==(const CopyRange&, const CopyRange&) = default;
};

/// One Copy command. It copies the ranges, in order, to consecutive blocks from `destination_lba` on (SDLBA), all of
/// which lie in one zone.
struct CopyCommand {
  Lba destination_lba = 0;
  std::vector<CopyRange> ranges;
  bool kernel_may_move = true;  ///< if false, a copy that is not CopyPath::offloaded fails with CopyDecision::fall_back
  [[nodiscard]] std::uint64_t blocks() const;  ///< the sum of the ranges
  friend bool operator==(const CopyCommand&, const CopyCommand&) = default;
};

/// What to do after a Copy command that failed.
enum class CopyDecision : std::uint8_t {
  fall_back,  ///< nothing was wrong with the data or the zone: read and write instead
  never,      ///< the same, and the device would refuse every other Copy as well
  fail,       ///< the zone or the media refused; read and write would be refused too, or is not safe to try
};

struct CopyFailure {
  CopyDecision decision = CopyDecision::fail;
  Error error;  ///< with Error::copy_side(), where the device can tell
};

/// Where `failure` is a refusal for good (CopyDecision::never), removes Copy from `info` and notes the reason there, so
/// that the device is not asked again. Only opening the device again brings Copy back: a namespace is not expected to
/// be formatted, or to get other limits, while it is open.
void note_refusal(DeviceInfo& info, const CopyFailure& failure);

/// What a Copy command has done.
struct CopyOutcome {
  /// Blocks that are known to have been copied, from the first range on. Without `failure` these are all, or fewer if
  /// the copy was cancelled.
  std::uint64_t blocks_copied = 0;
  std::uint64_t blocks_by_kernel =
      0;                      ///< those of `blocks_copied` that the kernel has moved; the others were offloaded
  std::string kernel_reason;  ///< why the kernel had to move them; empty if it did not
  std::optional<CopyFailure> failure;
};

}  // namespace zonecopy

#pragma GCC visibility pop
