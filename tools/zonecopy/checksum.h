// Checksums of ranges of files and zones: what verifying a copy compares.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "zonecopy/buffer.h"
#include "zonecopy/gather.h"
#include "zonecopy/result.h"

namespace zonecopy::tools {

/// Reads ranges, and hashes them by XXH3 (64 bits). It keeps one buffer for all of them, since there may be thousands of
/// small ones.
class RangeHasher {
 public:
  /// `stop`, which may be null, ends a long range early. `progress`, which may be empty, gets the bytes of each read.
  /// Throws std::bad_alloc.
  explicit RangeHasher(const std::atomic<bool>* stop = nullptr, std::function<void(std::uint64_t bytes)> progress = {});

  /// The hash of `length_bytes` from `offset_bytes` on. The error of a read; EIO where the file ends before the range
  /// does; EINTR where `stop` was set.
  Result<std::uint64_t> hash(GatherFile& file, std::uint64_t offset_bytes, std::uint64_t length_bytes);

 private:
  const std::atomic<bool>* stop_;
  std::function<void(std::uint64_t bytes)> progress_;
  Buffer buffer_;  ///< page-aligned, as devices and O_DIRECT want it
};

}  // namespace zonecopy::tools
