// The request of a `zonecopy copy`, and a check that all of it can be done. Pure.
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

/// The range to copy. A request that zonecopyfs would refuse, shorten or divide is an error before anything is changed,
/// with a detail for each reason.
Result<CopyRangeRequest> make_request(const CopyFile& source, const CopyFile& destination,
                                      const CopyArguments& arguments);

}  // namespace zonecopy::tools
