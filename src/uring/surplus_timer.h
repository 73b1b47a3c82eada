// The SurplusWatch of an event loop: has unused memory given back every second, while anybody keeps some.
#pragma once

#include <optional>

#include "src/uring/ring.h"
#include "zonecopy/surplus.h"

namespace zonecopy {

/// Its timeout is no coroutine, so that it does not keep a loop from ending. While nobody keeps memory no timeout is
/// pending.
class SurplusTimer final : public SurplusWatch {
 public:
  explicit SurplusTimer(Ring& ring) : ring_(ring) {}

  void watch(Surplus& surplus) noexcept override;
  void forget(Surplus& surplus) noexcept override;

  /// To be called before the ring is entered: submits the timeout if somebody is watched.
  void begin_wait();
  /// To be called after it: gives back memory if the time is over.
  void look();

 private:
  void ask_all();

  Ring& ring_;
  Surplus* first_ = nullptr;
  std::optional<RingOperation> time_;  ///< the timeout, while it is pending
};

}  // namespace zonecopy
