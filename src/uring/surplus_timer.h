// Asks those who keep memory to give back what they do not need, every second for as long as somebody has any.
#pragma once

#include <optional>

#include "src/uring/ring.h"
#include "zonecopy/surplus.h"

namespace zonecopy {

/// No coroutine waits for the time: it keeps no loop from ending, and where nothing is kept nothing is pending.
class SurplusTimer final : public SurplusWatch {
 public:
  explicit SurplusTimer(Ring& ring) : ring_(ring) {}

  void watch(Surplus& surplus) noexcept override;
  void forget(Surplus& surplus) noexcept override;

  /// Before each turn of the ring: begins to wait for the time where there is something to ask for.
  void begin_wait();
  /// After it.
  void look();

 private:
  void ask_all();

  Ring& ring_;
  Surplus* first_ = nullptr;
  std::optional<RingOperation> time_;  ///< while it is waited for
};

}  // namespace zonecopy
