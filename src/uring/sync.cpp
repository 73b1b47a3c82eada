#include "zonecopy/sync.h"

namespace zonecopy {

bool KeyedLocks::try_lock(std::uint64_t key, Mode mode) {
  Entry& entry = entries_[key];
  // Whoever comes while others wait goes behind them, also a reader that could share with the readers inside.
  if (!entry.queue.empty() || !entry.admits(mode)) return false;
  entry.admit(mode);
  return true;
}

void KeyedLocks::unlock(std::uint64_t key, Mode mode) {
  const auto position = entries_.find(key);
  Entry& entry = position->second;
  if (mode == Mode::exclusive) entry.writer = false;
  else --entry.readers;

  // The lock is handed over here, not taken when the waiter runs: nobody can slip in between the two.
  while (!entry.queue.empty() && entry.admits(entry.queue.front().mode)) {
    const Waiting next = entry.queue.front();
    entry.queue.pop_front();
    entry.admit(next.mode);
    next.waiter.wake();
  }
  // With nobody inside nobody waits either: the loop would have let the first one in.
  if (!entry.writer && entry.readers == 0) entries_.erase(position);
}

}  // namespace zonecopy
