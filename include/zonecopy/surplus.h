// Memory that is kept because it may be needed again, and given back when it is not.
#pragma once

namespace zonecopy {

/// Keeps memory for later. Who has the watch over it asks it from time to time, by the loop's thread.
class Surplus {
 public:
  Surplus() = default;
  virtual ~Surplus() = default;
  Surplus(const Surplus&) = delete;
  Surplus& operator=(const Surplus&) = delete;

  /// Frees what was not needed since the last call. False once there is nothing left to free, now or later.
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

  /// Asks `surplus` every second, until it has nothing left to free. Has no effect where that is being done already, and
  /// never fails.
  virtual void watch(Surplus& surplus) noexcept { (void)surplus; }
  virtual void forget(Surplus& surplus) noexcept { (void)surplus; }
};

}  // namespace zonecopy
