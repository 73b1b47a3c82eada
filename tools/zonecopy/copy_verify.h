// Reads sources and destinations of a copy back, and compares.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "zonecopy/gather.h"

namespace zonecopy::tools {

/// A destination that was copied to.
struct VerifyTarget {
  std::shared_ptr<GatherFile> file;        ///< open for reading
  std::uint64_t offset_bytes = 0;          ///< where the first range went
  std::vector<std::uint64_t> range_bytes;  ///< how much of each range is there, from the range's start on
};

struct Difference {
  std::size_t range = 0;
  std::uint64_t offset_bytes = 0;  ///< of the range in the destination
  std::uint64_t source_hash = 0;
  std::uint64_t target_hash = 0;
};

struct Verification {
  std::uint64_t bytes = 0;  ///< that were compared
  std::vector<Difference> differences;
  std::optional<Error> error;  ///< a read that failed, or EINTR
};

/// Compares range by range. Each source is read once, unless destinations have got different parts of it. `progress`
/// gets the bytes that were read, and may be empty. `stop` ends it early.
std::vector<Verification> verify_copies(std::span<const GatherRange> ranges, std::span<const VerifyTarget> targets,
                                        const std::atomic<bool>& stop,
                                        const std::function<void(std::uint64_t done_bytes)>& progress);
/// How many bytes verify_copies() will read.
[[nodiscard]] std::uint64_t bytes_to_verify(std::span<const VerifyTarget> targets);

}  // namespace zonecopy::tools
