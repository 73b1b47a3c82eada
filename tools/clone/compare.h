// Reads zones of both sides, and compares them.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/clone/pair.h"

namespace zonecopy::cloning {

struct Differences {
  std::vector<ByteRange> ranges;  ///< in pieces of 64 KiB
  /// The destination holds a byte that is neither the source's nor zero: it has not come from the source as it is now,
  /// and would be lost.
  bool other_data = false;
};

/// The parts of `range` in which the two zones of `task` differ. With `first_only` it ends with the first step that has
/// any. EINTR: `watch` has stopped it. All must outlive the await.
Task<Result<Differences>> find_differences(Pair& pair, const ZoneTask& task, ByteRange range, bool first_only,
                                           const Watch& watch);

/// Where the data of a zone of the source ends: from there to `end_bytes` are zeros only. It is exact to a step of
/// reading.
Task<Result<std::uint64_t>> find_data_end(Pair& pair, std::size_t zone, std::uint64_t end_bytes, const Watch& watch);

/// Whether a zone of the destination holds anything but zeros before `end_bytes`.
Task<Result<bool>> holds_anything(Pair& pair, std::size_t zone, std::uint64_t end_bytes, const Watch& watch);

}  // namespace zonecopy::cloning
