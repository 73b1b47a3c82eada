// The command line of `zonecopy copy`, as it was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/zonecopy/progress_display.h"

namespace zonecopy::tools {

struct CopyArguments {
  std::vector<std::string> sources;
  std::vector<std::string> destinations;
  std::optional<std::string> list;  ///< --from-file: more sources; "-" is standard input
  bool null_separated = false;      ///< of the list

  // For one source:
  std::optional<std::uint64_t> source_offset_bytes;
  std::optional<std::uint64_t> length_bytes;
  std::optional<std::uint64_t> destination_offset_bytes;  ///< in each destination; else the end

  std::uint64_t bytes_per_second = 0;  ///< 0: no limit
  bool background = false;
  bool require_offload = false;
  bool verify = false;
  bool dry_run = false;
  bool json = false;
  ProgressForm progress = ProgressForm::automatic;
};

}  // namespace zonecopy::tools
