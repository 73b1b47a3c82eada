#include "zonecopy/lock_set.h"

#include <algorithm>
#include <tuple>

namespace zonecopy {

Task<LockSet> LockSet::acquire(KeyedLocks& locks, std::vector<Request> requests, const CancelToken* cancel) {
  // The stricter mode of a key comes first: the modes are in the order of how much they exclude.
  std::ranges::sort(requests, [](const Request& one, const Request& other) {
    return std::tuple(one.key, other.mode) < std::tuple(other.key, one.mode);
  });
  LockSet set;
  set.held_.reserve(requests.size());
  for (const Request& request : requests) {
    if (!set.held_.empty() && set.held_.back().key == request.key) continue;
    KeyedLocks::Guard guard = co_await locks.lock(request.key, request.mode, cancel);
    if (!guard) co_return LockSet();
    set.held_.push_back({request.key, std::move(guard)});
  }
  co_return set;
}

KeyedLocks::Guard& LockSet::of(std::uint64_t key) { return std::ranges::find(held_, key, &Held::key)->guard; }

void LockSet::release_all_but(std::uint64_t key) {
  std::erase_if(held_, [key](const Held& held) { return held.key != key; });
}

}  // namespace zonecopy
