// Fills one zone as a plan says, also one that an earlier run has filled in part.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/compact/contents.h"
#include "tools/compact/plan.h"
#include "zonecopy/gather.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

/// What has been copied, and how; as in GatherReport, summed up.
struct CopyTotals {
  std::uint64_t bytes = 0;
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t commands = 0;
  std::vector<GatherWay> ways;  ///< each once
  std::string not_offloaded_because;

  void add(const GatherReport& report);
};

/// What is left of a filling of which the first bytes are there already, neighbouring extents joined to one range. Pure.
struct SourceRange {
  ZoneNumber zone = 0;
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};
[[nodiscard]] std::vector<SourceRange> ranges_left(const Filling& filling, std::uint64_t size_bytes);

/// Whether the zone holds nothing behind the filling's start but what the filling would have written there, up to its
/// size, which is returned. EEXIST if it holds anything else. The old places of the extents must still hold them.
Result<std::uint64_t> check_begun(Contents& contents, const Filling& filling);

/// Gathers what is left from `size_bytes` on, makes it durable, and finishes the zone where the plan says so. `totals`
/// counts what was copied before an error, too.
Status fill(Contents& contents, Gatherer& gatherer, const Filling& filling, std::uint64_t size_bytes,
            const GatherOptions& options, CopyTotals& totals);

/// Whether the zone holds what the old places held when the plan was made. EIO if not.
Status verify(Contents& contents, const Filling& filling);

}  // namespace zonecopy::compact
