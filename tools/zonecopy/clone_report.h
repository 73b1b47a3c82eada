// What `zonecopy clone` says: the plan, and what has come of it.
#pragma once

#include <optional>
#include <string>

#include "tools/clone/clone.h"
#include "tools/zonecopy/json.h"

namespace zonecopy::tools {

struct CloneSummary {
  const cloning::Pair& pair;
  const cloning::Clone& clone;
  bool plan_only = false;
  bool verified = false;  ///< both sides were compared at the end
  bool interrupted = false;
  double seconds = 0;
  std::optional<Error> error;
};

/// What to report; null where a signal ended it, which is no error of it.
[[nodiscard]] const Error* error_of(const CloneSummary& summary);

/// A line for each zone that holds data, and what they are in all.
[[nodiscard]] std::string clone_plan_text(const CloneSummary& summary);
[[nodiscard]] std::string clone_outcome_text(const CloneSummary& summary);
[[nodiscard]] Json clone_json(const CloneSummary& summary);

}  // namespace zonecopy::tools
