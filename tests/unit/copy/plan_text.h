// Plans as one line of text, so that a test can say what it expects and show what came instead.
#pragma once

#include <string>
#include <vector>

#include "zonecopy/copy_plan.h"

namespace zonecopy::test {

/// "100: 0+4 8+2; 106: 20+1": commands with their destinations and ranges.
inline std::string render(const std::vector<CopyCommand>& plan) {
  std::string text;
  for (const CopyCommand& command : plan) {
    text += (text.empty() ? "" : "; ") + std::to_string(command.destination_lba) + ":";
    for (const CopyRange& range : command.ranges) {
      text += " " + std::to_string(range.start_lba) + "+" + std::to_string(range.blocks);
    }
  }
  return text;
}

inline std::string render(const std::vector<Transfer>& plan) {
  std::string text;
  for (const Transfer& transfer : plan) {
    text += (text.empty() ? "" : "; ") + std::to_string(transfer.destination_lba) + ":";
    for (const Extent& extent : transfer.sources) {
      text += " " + std::to_string(extent.start_lba) + "+" + std::to_string(extent.blocks);
    }
  }
  return text;
}

}  // namespace zonecopy::test
