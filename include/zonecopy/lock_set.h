// Several locks of one KeyedLocks, taken together.
#pragma once

#include <vector>

#include "zonecopy/keyed_locks.h"
#include "zonecopy/task.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Locks are taken in the order of their keys, so that two sets with the same keys cannot wait for each other. A key
/// that is requested more than once is locked once, in the mode that excludes most. On the loop's thread only.
class LockSet {
 public:
  struct Request {
    std::uint64_t key = 0;
    KeyedLocks::Mode mode = KeyedLocks::Mode::read;
  };

  LockSet() = default;
  /// Waits for all locks. The set is empty, and holds none, if `cancel` was requested before all were granted. `cancel`
  /// may be null. `locks` must outlive the set, `cancel` the await.
  static Task<LockSet> acquire(KeyedLocks& locks, std::vector<Request> requests, const CancelToken* cancel);

  explicit operator bool() const { return !held_.empty(); }
  /// The lock of `key`, which must be held by this set.
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

#pragma GCC visibility pop
