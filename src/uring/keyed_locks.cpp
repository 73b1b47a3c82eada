#include "zonecopy/keyed_locks.h"

#include <cassert>

namespace zonecopy {
namespace {

// Entries above this number are freed and not kept, as so many keys at one time are rare.
constexpr std::size_t spare_max = 64;

}  // namespace

bool KeyedLocks::compatible(Mode one, Mode other) {
  constexpr bool table[modes][modes] = {
      // read, write_beside, write, exclusive
      {true, true, true, false},    // read
      {true, true, false, false},   // write_beside
      {true, false, false, false},  // write
      {false, false, false, false}  // exclusive
  };
  return table[static_cast<std::size_t>(one)][static_cast<std::size_t>(other)];
}

bool KeyedLocks::admits(const std::array<std::uint32_t, modes>& others, Mode mode) {
  for (std::size_t other = 0; other < modes; ++other) {
    if (others[other] != 0 && !compatible(mode, static_cast<Mode>(other))) return false;
  }
  return true;
}

KeyedLocks::Entry& KeyedLocks::entry_of(std::uint64_t key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) return found->second;
  if (spare_.empty()) return entries_[key];
  Entries::node_type node = std::move(spare_.back());
  spare_.pop_back();
  node.key() = key;
  return entries_.insert(std::move(node)).position->second;
}

bool KeyedLocks::try_lock(std::uint64_t key, Mode mode) {
  Entry& entry = entry_of(key);
  if (entry.upgrade != nullptr || !admits(entry.inside, mode) || !admits(entry.waiting, mode)) return false;
  ++entry.inside[static_cast<std::size_t>(mode)];
  return true;
}

std::optional<KeyedLocks::Guard> KeyedLocks::try_exclusive(std::uint64_t key) {
  if (entries_.contains(key)) return std::nullopt;
  (void)try_lock(key, Mode::exclusive);
  return std::optional<Guard>(std::in_place, *this, key, Mode::exclusive);
}

void KeyedLocks::unlock(std::uint64_t key, Mode mode) {
  const auto position = entries_.find(key);
  --position->second.inside[static_cast<std::size_t>(mode)];
  let_in(position);
}

/// Grants the lock to those waiters that may have it now. It is granted here and not when the waiter runs, so that
/// nobody can take it in between.
void KeyedLocks::let_in(Entries::iterator position) {
  Entry& entry = position->second;
  if (entry.upgrade != nullptr) {
    if (entry.holders() != 1) return;
    entry.inside = {};
    entry.inside[static_cast<std::size_t>(Mode::exclusive)] = 1;
    std::exchange(entry.upgrade, nullptr)->wake();
    return;
  }
  std::array<std::uint32_t, modes> passed{};
  for (WaitNode* node = entry.queue.front(); node != nullptr;) {
    auto& next = static_cast<Acquire&>(*node);
    node = entry.queue.after(*node);
    const auto mode = static_cast<std::size_t>(next.mode_);
    if (admits(entry.inside, next.mode_) && admits(passed, next.mode_)) {
      next.unlink();
      next.detach();
      --entry.waiting[mode];
      ++entry.inside[mode];
      next.has_lock_ = true;
      next.wake();
    } else {
      ++passed[mode];
      if (next.mode_ == Mode::exclusive) break;  // nothing is compatible with it
    }
  }
  if (entry.holders() != 0) return;
  // If nobody holds the lock nobody waits either, as the loop above would have granted it to the first.
  if (spare_.size() < spare_max) {
    spare_.push_back(entries_.extract(position));
  } else {
    entries_.erase(position);
  }
}

void KeyedLocks::leave_queue(Acquire& who) {
  const auto position = entries_.find(who.key_);
  who.unlink();
  --position->second.waiting[static_cast<std::size_t>(who.mode_)];
  let_in(position);
}

void KeyedLocks::Acquire::wait() {
  Entry& entry = locks_.entry_of(key_);
  entry.queue.push_back(*this);
  ++entry.waiting[static_cast<std::size_t>(mode_)];
  attach(cancel_);
}

void KeyedLocks::Acquire::cancelled() {
  locks_.leave_queue(*this);
  wake();
}

bool KeyedLocks::Upgrade::await_ready() {
  if (guard_.mode_ == Mode::exclusive) return true;
  assert(guard_.mode_ == Mode::write);  // in another mode two holders could upgrade, and wait for each other
  const auto position = guard_.locks_->entries_.find(guard_.key_);
  position->second.upgrade = this;
  if (position->second.holders() != 1) return false;
  Entry& entry = position->second;
  entry.upgrade = nullptr;
  entry.inside = {};
  entry.inside[static_cast<std::size_t>(Mode::exclusive)] = 1;
  return true;
}

}  // namespace zonecopy
