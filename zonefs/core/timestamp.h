// A time as files have it: any that the system can name, before 1970 and behind 2262 as well.
#pragma once

#include <cstdint>

namespace zonecopy::zonefs {

/// Seconds since the epoch, of 64 bits, and nanoseconds above them. In three words, so that a zone file with three times
/// stays small.
class Timestamp {
 public:
  Timestamp() = default;
  /// `nanoseconds` from 0 to 999 999 999.
  Timestamp(std::int64_t seconds, std::uint32_t nanoseconds)
      : high_(static_cast<std::uint32_t>(static_cast<std::uint64_t>(seconds) >> 32U)),
        low_(static_cast<std::uint32_t>(seconds)),
        nanoseconds_(nanoseconds) {}
  /// What a clock tells.
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
