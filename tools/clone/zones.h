// What a clone knows of the zones of one side. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "zonecopy/zone.h"

namespace zonecopy::cloning {

enum class Health : std::uint8_t {
  good,
  read_only,  ///< of a device: nothing says where its data ends, as its write pointer is not valid
  offline,
};

struct ZoneFacts {
  std::string name;  ///< "zone 12", or "seq/12" in a folder
  bool sequential = true;
  bool full = false;    ///< takes no more writes, wherever its data ends
  bool active = false;  ///< open or closed
  Health health = Health::good;
  bool writable = true;          ///< false of a file that may not be written, though it may be read
  std::uint64_t size_bytes = 0;  ///< where its data ends: of a conventional zone, its capacity
  std::uint64_t capacity_bytes = 0;
};

/// A device, or the folder of a mount with its cnv and seq.
struct Side {
  std::string name;  ///< as it was given
  std::uint64_t block_size_bytes = 0;
  std::uint64_t zone_size_bytes = 0;  ///< 0 in a folder, where it does not matter
  ResourceLimits limits;
  std::vector<ZoneFacts> zones;
};

struct ByteRange {
  std::uint64_t begin_bytes = 0;
  std::uint64_t end_bytes = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What one zone of the source is to become in the destination.
struct ZoneTask {
  std::size_t source = 0;       ///< in Side::zones
  std::size_t destination = 0;  ///< in Side::zones
  bool sequential = true;
  bool finish = false;            ///< to be full at the end
  bool finished = false;          ///< it is full already
  bool reset = false;             ///< the destination holds something else, which has to go first
  std::uint64_t end_bytes = 0;    ///< where the data ends
  std::vector<ByteRange> ranges;  ///< what is to be copied; of a sequential zone at most one

  [[nodiscard]] bool done() const { return !reset && ranges.empty() && (!finish || finished); }
  [[nodiscard]] std::uint64_t bytes_to_copy() const {
    std::uint64_t bytes = 0;
    for (const ByteRange& range : ranges) bytes += range.end_bytes - range.begin_bytes;
    return bytes;
  }
};

}  // namespace zonecopy::cloning
