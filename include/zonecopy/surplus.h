// Memory that is kept for reuse, and given back when it is not used.
#pragma once

namespace zonecopy {

class SurplusTimer;  // declared here, so that its symbols stay within the library

}  // namespace zonecopy

#pragma GCC visibility push(default)

namespace zonecopy {

/// Somebody who keeps memory for reuse. A SurplusWatch calls it from time to time, on the loop's thread.
class Surplus {
 public:
  Surplus() = default;
  virtual ~Surplus() = default;
  Surplus(const Surplus&) = delete;
  Surplus& operator=(const Surplus&) = delete;

  /// Frees memory that was not used since the last call. False if there is nothing left that it could free later.
  virtual bool give_back_unused() = 0;

 private:
  friend class SurplusTimer;
  Surplus* next_watched_ = nullptr;
  bool watched_ = false;
};

class SurplusWatch {
 public:
  SurplusWatch() = default;
  virtual ~SurplusWatch() = default;
  SurplusWatch(const SurplusWatch&) = delete;
  SurplusWatch& operator=(const SurplusWatch&) = delete;

  /// Calls give_back_unused() of `surplus` every second, until that returns false. Does nothing if `surplus` is watched
  /// already. `surplus` must be forgotten before it is destroyed.
  virtual void watch(Surplus& surplus) noexcept { (void)surplus; }
  /// Ends the watch; does nothing where there is none.
  virtual void forget(Surplus& surplus) noexcept { (void)surplus; }
};

}  // namespace zonecopy

#pragma GCC visibility pop
