// Checks that all of a copy can be done, before anything is changed. Each reason not to has words of its own. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/zonecopy/copy_files.h"

namespace zonecopy::tools {

/// A range of a source, as it was asked for.
struct RangeRequest {
  std::uint64_t offset_bytes = 0;
  std::optional<std::uint64_t> length_bytes;  ///< else to the end of the source
  // By --source-offset and --length, which messages then name:
  bool offset_by_option = false;
  bool length_by_option = false;
};

/// The length of the range. EINVAL: the source does not have it. A source without data has the range of all of it,
/// which is empty.
Result<std::uint64_t> range_length(const CopyFile& source, const RangeRequest& range);

/// There may be a million of them.
struct CopySource {
  const CopyFile* file = nullptr;
  RangeRequest range;
  std::uint64_t length_bytes = 0;  ///< range_length()

  /// "mnt/seq/0:4096+65536".
  [[nodiscard]] std::string text() const;
};

struct CopyTarget {
  CopyFile file;
  std::optional<std::uint64_t> offset_bytes;  ///< as it was asked for; else the end
};

/// Whether `sources`, in order, can all be copied to `target`. EINVAL, EFBIG, EXDEV.
Status check_request(const std::vector<CopySource>& sources, const CopyTarget& target);

}  // namespace zonecopy::tools
