// A limit to the rate of copies.
#pragma once

#include <cstdint>
#include <optional>

#include "zonecopy/copy_pace.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Tells when bytes may go, so that no more than `bytes_per_second` do. Holds no clock; times are those of any clock that
/// never goes back. Pure.
///
/// Each step waits for its own bytes before it begins. So the rate holds from the first byte on, at rates of a block a
/// second too. Who comes late, as the device was slow or nothing was to be copied, may catch up on what he has missed in
/// the last 40 ms and no more: no second has more than 104 % of its bytes, and a thread that wakes up late does not
/// lower the rate.
class RateLimit {
 public:
  /// `bytes_per_second` is not 0.
  explicit RateLimit(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  /// Counts `bytes`, which are asked for at `now_ns`, and returns when they may go. Those of later calls go after them.
  std::int64_t take(std::uint64_t bytes, std::int64_t now_ns);

  /// The longest step that holds the rate finely: of a 50th of a second, a power of 2, and 4096 at least.
  [[nodiscard]] std::uint64_t step_max_bytes() const;

 private:
  std::uint64_t bytes_per_second_;
  std::optional<std::int64_t> last_ns_;  ///< when the bytes that were counted last may go
};

/// Copies not more than a number of bytes per second, of all copies that share it. Where one copy has several
/// destinations, its bytes count once.
class Throttle final : public CopyPace {
 public:
  /// `timer` must outlive it. `bytes_per_second` is not 0.
  Throttle(PaceTimer& timer, std::uint64_t bytes_per_second) : timer_(timer), limit_(bytes_per_second) {}

  [[nodiscard]] std::uint64_t step_max_bytes() const override { return limit_.step_max_bytes(); }
  Task<void> before(std::uint64_t bytes, const CancelToken* cancel) override;

 private:
  PaceTimer& timer_;
  RateLimit limit_;
};

}  // namespace zonecopy

#pragma GCC visibility pop
