// Copies in the background, which other operations on the same device go before.
#pragma once

#include <cstdint>
#include <vector>

#include "zonecopy/copy_pace.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// The pace of background copies. Each step waits while foreground operations are under way, and a moment longer, since
/// who does one after the other is about to begin the next. But it waits only so long, so that a copy comes to its end
/// however busy the device is. Where nothing else happens, nothing is waited for.
class ForegroundFirst final : public CopyPace {
 public:
  struct Options {
    std::int64_t wait_max_ns = 20'000'000;      ///< of one step
    std::int64_t quiet_ns = 1'000'000;          ///< so long no foreground operation has been under way
    std::uint64_t step_max_bytes = 256U << 10;  ///< a foreground operation waits for no longer step than this
  };

  /// `timer` must outlive it.
  ForegroundFirst(PaceTimer& timer, const Options& options) : timer_(timer), options_(options) {}

  /// A foreground operation begins or ends. Each is an addition while no copy waits.
  void begin() {
    ++under_way_;
    ++begun_;
  }
  void end() {
    if (--under_way_ == 0 && !waiting_.empty()) wake();
  }

  /// A foreground operation, from the constructor on. `pace` must outlive it.
  class Operation {
   public:
    explicit Operation(ForegroundFirst& pace) : pace_(pace) { pace_.begin(); }
    ~Operation() { pace_.end(); }
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

   private:
    ForegroundFirst& pace_;
  };

  [[nodiscard]] std::uint64_t step_max_bytes() const override { return options_.step_max_bytes; }
  Task<void> before(std::uint64_t bytes, const CancelToken* cancel) override;

 private:
  Task<void> wait_for_the_end(std::int64_t latest_ns, const CancelToken* cancel);
  void wake();

  PaceTimer& timer_;
  Options options_;
  std::uint64_t under_way_ = 0;
  std::uint64_t begun_ = 0;            ///< operations ever
  std::uint64_t waited_out_ = 0;       ///< of these, those that a step has waited for, or been tired of
  std::vector<CancelToken*> waiting_;  ///< requested when the last operation under way ends
};

}  // namespace zonecopy

#pragma GCC visibility pop
