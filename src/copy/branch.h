// A destination of a copy while it runs.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "zonecopy/copy.h"

namespace zonecopy {

/// All branches of a copy have the same sources, each as far as its destination has room.
struct CopyBranch {
  CopyBranch(ZonedDevice& to, std::vector<Extent> sources, const Destination& destination)
      : device(to), job{take_blocks(sources, destination.blocks), destination}, blocks(total_blocks(job.sources)) {}

  ZonedDevice& device;
  CopyJob job;
  std::uint64_t blocks;  ///< of the job
  CopyReport report;

  /// Neither whole nor failed.
  [[nodiscard]] bool goes_on() const { return !report.error && report.blocks() < blocks; }
};

}  // namespace zonecopy
