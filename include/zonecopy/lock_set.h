// Several locks at once, of any number of keys.
#pragma once

#include <vector>

#include "zonecopy/keyed_locks.h"
#include "zonecopy/task.h"

namespace zonecopy {

/// Locks are taken in the order of their keys, so that two that want the same keys cannot wait for each other. A key that is
/// asked for more than once is locked once, in the mode that excludes most.
class LockSet {
 public:
  struct Wish {
    std::uint64_t key = 0;
    KeyedLocks::Mode mode = KeyedLocks::Mode::read;
  };

  LockSet() = default;
  /// Empty where `cancel`, which may be null, was requested before all were to be had; then none is held.
  static Task<LockSet> acquire(KeyedLocks& locks, std::vector<Wish> wishes, const CancelToken* cancel);

  explicit operator bool() const { return !held_.empty(); }
  /// The lock of a key that was asked for, while it is held.
  [[nodiscard]] KeyedLocks::Guard& of(std::uint64_t key);
  void release_all_but(std::uint64_t key);
  void release() { held_.clear(); }

 private:
  struct Held {
    std::uint64_t key = 0;
    KeyedLocks::Guard guard;
  };
  std::vector<Held> held_;  ///< by key
};

}  // namespace zonecopy
