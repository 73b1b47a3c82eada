// Several locks, of one KeyedLocks or of several, taken together.
#pragma once

#include <vector>

#include "zonecopy/keyed_locks.h"
#include "zonecopy/task.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Locks are taken in one order of all keys of all KeyedLocks, so that two sets with the same keys cannot wait for each
/// other. A key that is requested more than once is locked once, in the mode that excludes most. On the loop's thread
/// only.
class LockSet {
 public:
  struct Request {
    KeyedLocks* locks = nullptr;  ///< must outlive the set
    std::uint64_t key = 0;
    KeyedLocks::Mode mode = KeyedLocks::Mode::read;
  };

  LockSet() = default;
  /// Waits for all locks. The set is empty, and holds none, if `cancel` was requested before all were granted. `cancel`
  /// may be null, and must outlive the await.
  static Task<LockSet> acquire(std::vector<Request> requests, const CancelToken* cancel);

  explicit operator bool() const { return !held_.empty(); }
  /// The lock of `key`, which must be held by this set.
  [[nodiscard]] KeyedLocks::Guard& of(const KeyedLocks& locks, std::uint64_t key);
  void release_all_but(const KeyedLocks& locks, std::uint64_t key);
  void release() { held_.clear(); }

 private:
  struct Held {
    const KeyedLocks* locks = nullptr;
    std::uint64_t key = 0;
    KeyedLocks::Guard guard;
    [[nodiscard]] bool is(const KeyedLocks& of, std::uint64_t this_key) const {
      return locks == &of && key == this_key;
    }
  };
  std::vector<Held> held_;  ///< in the order of the locks
};

}  // namespace zonecopy

#pragma GCC visibility pop
