// A file time: any time that a timespec can hold, also before 1970 and after 2262.
#pragma once

#include <cstdint>

namespace zonecopy::zonefs {

/// Seconds since the epoch, of 64 bits, and nanoseconds. Stored in three 32-bit words, so that a zone file, which has
/// three times, stays small.
class Timestamp {
 public:
  Timestamp() = default;
  /// `nanoseconds` from 0 to 999 999 999.
  Timestamp(std::int64_t seconds, std::uint32_t nanoseconds)
      : high_(static_cast<std::uint32_t>(static_cast<std::uint64_t>(seconds) >> 32U)),
        low_(static_cast<std::uint32_t>(seconds)),
        nanoseconds_(nanoseconds) {}
  /// From the nanoseconds of a clock.
  static Timestamp from_nanoseconds(std::int64_t since_epoch) {
    std::int64_t seconds = since_epoch / billion;
    std::int64_t rest = since_epoch % billion;
    if (rest < 0) {
      --seconds;
      rest += billion;
    }
    return {seconds, static_cast<std::uint32_t>(rest)};
  }

  [[nodiscard]] std::int64_t seconds() const {
    return static_cast<std::int64_t>(std::uint64_t{high_} << 32U | std::uint64_t{low_});
  }
  [[nodiscard]] std::uint32_t nanoseconds() const { return nanoseconds_; }

  friend bool operator==(const Timestamp&, const Timestamp&) = default;

 private:
  static constexpr std::int64_t billion = 1'000'000'000;
  std::uint32_t high_ = 0;
  std::uint32_t low_ = 0;
  std::uint32_t nanoseconds_ = 0;
};

}  // namespace zonecopy::zonefs
