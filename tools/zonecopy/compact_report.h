// What `zonecopy compact` prints: the plan, and what has come of it.
#pragma once

#include <string>
#include <vector>

#include "tools/compact/compaction.h"
#include "tools/compact/plan.h"
#include "tools/compact/victims.h"
#include "tools/zonecopy/json.h"

namespace zonecopy::tools {

struct CompactReport {
  compact::Plan plan;
  std::size_t rounds_before = 0;  ///< of the plan, that an earlier run has copied
  bool resumed = false;
  std::vector<compact::LeftAlone> left_alone;  ///< by the plan
  std::string map_path;
  bool dry_run = false;
  double seconds = 0;
  compact::Outcome outcome;
};

void print_plan(const CompactReport& report);
/// What was done, after print_plan(). Errors are not printed.
void print_outcome(const CompactReport& report);
/// Both, as JSON, with the error.
void print_compact_json(const CompactReport& report);

}  // namespace zonecopy::tools
