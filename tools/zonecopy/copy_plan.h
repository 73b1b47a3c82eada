// What `zonecopy copy --dry-run` prints: the commands that would be sent.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tools/zonecopy/copy_request.h"
#include "tools/zonecopy/json.h"
#include "zonecopy/gather.h"

namespace zonecopy::tools {

/// The plan for one destination.
struct PlannedCopy {
  std::string name;
  std::uint64_t offset_bytes = 0;
  GatherPlan plan;
};

[[nodiscard]] std::string plan_text(const std::vector<CopySource>& sources, const std::vector<PlannedCopy>& plans);
[[nodiscard]] Json plan_json(const std::vector<CopySource>& sources, const std::vector<PlannedCopy>& plans);

}  // namespace zonecopy::tools
