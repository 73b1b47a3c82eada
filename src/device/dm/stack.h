// What a device mapper's device comes down to, through linear tables over linear tables. Pure.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "src/device/dm/table.h"

namespace zonecopy::dm {

/// A run of sectors of the device at the top, on a device that is not the device mapper's.
struct Segment {
  std::uint64_t first_sector = 0;
  std::uint64_t sectors = 0;
  dev_t below = 0;
  std::uint64_t first_sector_below = 0;
  friend bool operator==(const Segment&, const Segment&) = default;
};

struct Stack {
  std::vector<Segment> segments;                ///< in order, without a gap
  std::vector<std::pair<dev_t, Table>> tables;  ///< all that were followed, that of the top first
};

/// How the system is asked. Tests answer themselves.
struct Questions {
  std::function<bool(dev_t)> is_device_mapper;
  std::function<Result<Table>(dev_t)> table_of;
};

/// The stack at `top`, a device mapper's device. EOPNOTSUPP: it is not all linear, or suspended; the detail says which.
/// Errors of `table_of` as they are.
Result<Stack> resolve(dev_t top, const Questions& questions);

enum class Change : std::uint8_t { none, suspended, other };
struct Comparison {
  Change change = Change::none;
  std::string what;  ///< in words
};
/// Whether all tables of `stack` are as they were, and in use.
[[nodiscard]] Comparison compare(const Stack& stack, const Questions& questions);

}  // namespace zonecopy::dm
