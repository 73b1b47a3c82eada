#include "tests/model/copy_fixture.h"

namespace zonecopy::test {

std::uint64_t fewest_commands(const CopyJob& job, const CopyLimits& limits, std::uint64_t zone_size_blocks) {
  std::vector<Lba> blocks;
  for (const Extent& extent : job.sources) {
    for (std::uint64_t at = 0; at < extent.blocks; ++at) blocks.push_back(extent.start_lba + at);
  }
  if (blocks.size() > job.destination.blocks) blocks.resize(job.destination.blocks);
  std::uint64_t commands = 0;
  std::uint64_t at = 0;
  while (at < blocks.size()) {
    ++commands;
    std::uint64_t ranges = 0;
    std::uint64_t in_range = 0;
    std::uint64_t in_command = 0;
    for (; at < blocks.size() && in_command < limits.max_total_blocks; ++at, ++in_command, ++in_range) {
      const bool goes_on = in_command > 0 && in_range < limits.max_range_blocks && blocks[at] == blocks[at - 1] + 1 &&
                           blocks[at] % zone_size_blocks != 0;
      if (goes_on) continue;
      if (ranges == limits.max_ranges) break;
      ++ranges;
      in_range = 0;
    }
  }
  return commands;
}

}  // namespace zonecopy::test
