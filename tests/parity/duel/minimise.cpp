#include "tests/parity/duel/minimise.h"

#include <algorithm>

namespace parity {

StepNumbers minimise(StepNumbers numbers, const std::function<bool(const StepNumbers&)>& shows_difference,
                     std::chrono::steady_clock::time_point deadline) {
  std::size_t chunk = std::max<std::size_t>(numbers.size() / 2, 1);
  while (!numbers.empty()) {
    bool shorter = false;
    for (std::size_t at = 0; at < numbers.size();) {
      if (std::chrono::steady_clock::now() > deadline) return numbers;
      StepNumbers rest = numbers;
      const auto first = rest.begin() + static_cast<std::ptrdiff_t>(at);
      rest.erase(first, first + static_cast<std::ptrdiff_t>(std::min(chunk, rest.size() - at)));
      if (!rest.empty() && shows_difference(rest)) {
        numbers = std::move(rest);
        shorter = true;
      } else {
        at += chunk;
      }
    }
    if (chunk == 1 && !shorter) break;
    chunk = std::max<std::size_t>(chunk / 2, 1);
  }
  return numbers;
}

}  // namespace parity
