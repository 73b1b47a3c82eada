#include "zonecopy/lock_set.h"

#include <algorithm>
#include <functional>
#include <tuple>

namespace zonecopy {
namespace {

/// The order in which locks are taken: that of the addresses, then of the keys. Of one key the stricter mode comes
/// first: the modes are in the order of how much they exclude.
bool before(const LockSet::Request& one, const LockSet::Request& other) {
  if (one.locks != other.locks) return std::less<>()(one.locks, other.locks);
  return std::tuple(one.key, other.mode) < std::tuple(other.key, one.mode);
}

}  // namespace

Task<LockSet> LockSet::acquire(std::vector<Request> requests, const CancelToken* cancel) {
  std::ranges::sort(requests, before);
  LockSet set;
  set.held_.reserve(requests.size());
  for (const Request& request : requests) {
    if (!set.held_.empty() && set.held_.back().is(*request.locks, request.key)) continue;
    KeyedLocks::Guard guard = co_await request.locks->lock(request.key, request.mode, cancel);
    if (!guard) co_return LockSet();
    set.held_.push_back({request.locks, request.key, std::move(guard)});
  }
  co_return set;
}

KeyedLocks::Guard& LockSet::of(const KeyedLocks& locks, std::uint64_t key) {
  return std::ranges::find_if(held_, [&](const Held& held) { return held.is(locks, key); })->guard;
}

void LockSet::release_all_but(const KeyedLocks& locks, std::uint64_t key) {
  std::erase_if(held_, [&](const Held& held) { return !held.is(locks, key); });
}

}  // namespace zonecopy
