// Counts what a gather does to one destination, and makes its report. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "zonecopy/gather.h"

namespace zonecopy::gather {

/// Bytes copied, for each way that the data can take (CopyPath explains them).
struct Copied {
  std::uint64_t offloaded_bytes = 0;
  std::uint64_t kernel_bytes = 0;
  std::uint64_t emulated_bytes = 0;
  [[nodiscard]] std::uint64_t bytes() const { return offloaded_bytes + kernel_bytes + emulated_bytes; }
};

class Tally {
 public:
  /// `lengths_bytes`: of the ranges.
  Tally(std::vector<std::uint64_t> lengths_bytes, std::uint64_t offset_bytes);

  /// Adds what was copied behind all that was copied before.
  void add(GatherWay way, const Copied& copied, std::uint64_t commands = 0);
  /// Why something was not offloaded. The last reason is the one that is reported; an empty one is none.
  void note_reason(std::string why);
  /// The destination has failed. Only the first error counts.
  void fail(Error error);

  [[nodiscard]] bool failed() const { return report_.error.has_value(); }
  [[nodiscard]] std::uint64_t bytes() const { return report_.bytes; }
  /// Where the next byte goes.
  [[nodiscard]] std::uint64_t end_bytes() const { return report_.offset_bytes + report_.bytes; }
  /// Whether all ranges were copied whole.
  [[nodiscard]] bool complete() const { return next_ == lengths_bytes_.size(); }
  /// The number of the first range that was not copied whole. Not if complete().
  [[nodiscard]] std::size_t next_range() const { return next_; }
  [[nodiscard]] GatherReport report() const;

 private:
  void skip_complete();

  std::vector<std::uint64_t> lengths_bytes_;
  std::size_t next_ = 0;
  GatherReport report_;
};

}  // namespace zonecopy::gather
