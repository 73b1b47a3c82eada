#include "tests/parity/duel/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace parity {

std::string describe(const Outcome& outcome) {
  std::string text = outcome.result < 0
                         ? fmt::format("{} ({})", strerrorname_np(outcome.error), std::strerror(outcome.error))
                         : std::to_string(outcome.result);
  if (!outcome.words.empty()) text += fmt::format(" [{}]", outcome.words);
  return text;
}

std::string compare(const Outcome& ours, const Outcome& kernel) {
  const bool same_result = ours.result == kernel.result && (ours.result >= 0 || ours.error == kernel.error);
  if (!same_result || ours.words != kernel.words) {
    return fmt::format("ours {}, the kernel's {}", describe(ours), describe(kernel));
  }
  const auto [here, there] = std::ranges::mismatch(ours.data, kernel.data);
  if (here == ours.data.end() && there == kernel.data.end()) return "";
  return fmt::format("what was read differs from byte {} of {} on", here - ours.data.begin(), ours.data.size());
}

Outcome outcome_of(std::int64_t result) {
  Outcome outcome;
  outcome.error = result < 0 ? errno : 0;
  outcome.result = result;
  return outcome;
}

}  // namespace parity
