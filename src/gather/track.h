// A gather that is under way: its sources, and what has become of each destination.
#pragma once

#include <memory>
#include <vector>

#include "src/gather/open_file.h"
#include "src/gather/steps.h"
#include "src/gather/tally.h"

namespace zonecopy::gather {

/// One destination.
struct Track {
  std::shared_ptr<OpenFile> file;
  Tally tally;
  std::vector<Home> refused = {};  ///< the homes of sources from which copy_file_range(2) does not copy to it

  [[nodiscard]] bool live() const { return !tally.failed(); }
};

/// What all ways are given.
struct Work {
  std::vector<std::shared_ptr<OpenFile>> sources;  ///< of each range
  GatherOptions options;
  bool only_offload = false;  ///< by the options, or by a mount

  [[nodiscard]] bool stopped() const {
    return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
  }
  [[nodiscard]] OpenFile& source(const Part& part) const { return *sources[part.range]; }
};

/// An error at the first byte of `part`, that names the range, its file and the destination.
[[nodiscard]] Error error_at(const Work& work, const Track& track, const Part& part, int code, std::string_view detail);

}  // namespace zonecopy::gather
