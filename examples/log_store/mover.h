// The three ways to move records from one zone to another. What they are for is to be compared: a program would have the
// first one, which itself falls back to the others where it has to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "examples/log_store/zone_file.h"
#include "zonecopy/result.h"

namespace log_store {

enum class Way : std::uint8_t {
  gather,           ///< one call of the library for all ranges
  copy_file_range,  ///< one copy_file_range(2) for each range
  read_write,       ///< through the memory of this process
};
/// "gather", "copy_file_range" and "read-write"; nothing for another word.
[[nodiscard]] std::optional<Way> parse_way(std::string_view word);

struct Range {
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

/// Used by the thread that made it.
class Mover {
 public:
  static zonecopy::Result<std::unique_ptr<Mover>> create(Way way);
  virtual ~Mover() = default;
  Mover(const Mover&) = delete;
  Mover& operator=(const Mover&) = delete;

  /// Copies `ranges`, in order, to the end of the destination. After an error a part of them, from the first on, may be there.
  virtual zonecopy::Status move(ZoneFile& source, std::span<const Range> ranges, ZoneFile& destination) = 0;

 protected:
  Mover() = default;
};

}  // namespace log_store
