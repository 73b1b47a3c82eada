// What a step did on one mount, as its caller sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace parity {

struct Outcome {
  std::int64_t result = 0;
  int error = 0;                    ///< errno, where the result is -1
  std::string words;                ///< what else was answered: names in a directory, numbers of statfs
  std::span<const std::byte> data;  ///< what was read; lives until the next step of the same side

  [[nodiscard]] bool failed(int code) const { return result < 0 && error == code; }
};

/// Result, errno and words, for a person to read.
[[nodiscard]] std::string describe(const Outcome& outcome);
/// Empty where two outcomes are the same; else what differs.
[[nodiscard]] std::string compare(const Outcome& ours, const Outcome& kernel);

/// -1 and errno as system calls give them.
[[nodiscard]] Outcome outcome_of(std::int64_t result);

}  // namespace parity
