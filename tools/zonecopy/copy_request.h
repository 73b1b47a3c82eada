// What `zonecopy copy` was asked for, and whether that can be done completely. Pure: nothing is changed here.
#pragma once

#include <cstdint>
#include <optional>

#include "tools/zonecopy/copy_file.h"
#include "tools/zonecopy/copy_range.h"

namespace zonecopy::tools {

struct CopyArguments {
  std::string source;
  std::string destination;
  std::uint64_t source_offset_bytes = 0;
  std::optional<std::uint64_t> destination_offset_bytes;  ///< else the end of the destination
  std::optional<std::uint64_t> length_bytes;              ///< else to the end of the source
  bool json = false;
};

/// The range to copy. What zonecopyfs would refuse, cut short or make two of is refused before anything is changed, each
/// reason in words of its own.
Result<CopyRangeRequest> make_request(const CopyFile& source, const CopyFile& destination,
                                      const CopyArguments& arguments);

}  // namespace zonecopy::tools
