// Locks by key (a zone or file number), for coroutines of one event loop.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "zonecopy/cancel.h"
#include "zonecopy/wait_list.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// Two things about a zone have an order: its writes among themselves, and what changes the zone as a whole (reset,
/// finish, recovery) against everything else. Reads below the write pointer need only the second.
///
/// First come, first served: a lock is granted at once only if its mode is compatible with all locks that are held and
/// all that are waited for. A key that nobody holds costs no memory, so that a device with a hundred thousand zones
/// pays only for those in use.
///
/// On the loop's thread only. Locks are not recursive: a coroutine that waits for a lock it holds waits for ever. The
/// object must outlive its guards and waits.
class KeyedLocks {
 public:
  enum class Mode : std::uint8_t {
    read,          ///< compatible with all but exclusive
    write_beside,  ///< compatible with read and itself: for writes that need no order
    write,         ///< compatible with read: for writes that go one after the other
    exclusive,     ///< compatible with nothing
  };
  static constexpr std::size_t modes = 4;
  [[nodiscard]] static bool compatible(Mode one, Mode other);

  class [[nodiscard]] Guard;
  class [[nodiscard]] Acquire;
  class [[nodiscard]] Upgrade;

  KeyedLocks() = default;
  KeyedLocks(const KeyedLocks&) = delete;
  KeyedLocks& operator=(const KeyedLocks&) = delete;

  /// Awaiting gives a Guard, which is empty if `cancel` was requested before the lock was granted. `cancel` may be
  /// null, and must outlive the await.
  [[nodiscard]] Acquire lock(std::uint64_t key, Mode mode, const CancelToken* cancel = nullptr);
  // The same for one mode.
  [[nodiscard]] Acquire read(std::uint64_t key, const CancelToken* cancel = nullptr);
  [[nodiscard]] Acquire write(std::uint64_t key, const CancelToken* cancel = nullptr);
  [[nodiscard]] Acquire exclusive(std::uint64_t key, const CancelToken* cancel = nullptr);
  /// The lock, if nobody holds it or waits for it. Never waits.
  [[nodiscard]] std::optional<Guard> try_exclusive(std::uint64_t key);
  /// Whether no lock of any key is held.
  [[nodiscard]] bool idle() const { return entries_.empty(); }

 private:
  struct Entry {
    std::array<std::uint32_t, modes> inside{};
    std::array<std::uint32_t, modes> waiting{};
    WaitList queue;
    Upgrade* upgrade = nullptr;  ///< is granted before all that wait in the queue
    [[nodiscard]] std::uint32_t holders() const { return inside[0] + inside[1] + inside[2] + inside[3]; }
  };
  using Entries = std::unordered_map<std::uint64_t, Entry>;

  static bool admits(const std::array<std::uint32_t, modes>& others, Mode mode);
  Entry& entry_of(std::uint64_t key);
  bool try_lock(std::uint64_t key, Mode mode);
  void unlock(std::uint64_t key, Mode mode);
  void let_in(Entries::iterator position);
  void leave_queue(Acquire& who);

  Entries entries_;
  std::vector<Entries::node_type> spare_;  ///< entries of keys that nobody holds, kept to save allocations
};

/// Holds a lock and releases it when destroyed; holds none when empty. Waiters that get the lock run later, not within
/// the release.
class KeyedLocks::Guard {
 public:
  Guard() = default;
  Guard(KeyedLocks& locks, std::uint64_t key, Mode mode) : locks_(&locks), key_(key), mode_(mode) {}
  Guard(Guard&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), key_(other.key_), mode_(other.mode_) {}
  Guard& operator=(Guard&& other) noexcept {
    release();
    locks_ = std::exchange(other.locks_, nullptr);
    key_ = other.key_;
    mode_ = other.mode_;
    return *this;
  }
  ~Guard() { release(); }
  explicit operator bool() const { return locks_ != nullptr; }
  void release() {
    if (locks_) std::exchange(locks_, nullptr)->unlock(key_, mode_);
  }
  [[nodiscard]] Mode mode() const { return mode_; }
  /// Awaiting turns a lock held in Mode::write into an exclusive one, and leaves one that is exclusive as it is; no other writer gets in between. It waits for
  /// readers, so the caller must first release all other locks that a reader might be waiting for. The guard must
  /// outlive the await.
  [[nodiscard]] Upgrade upgrade();

 private:
  friend class Upgrade;
  KeyedLocks* locks_ = nullptr;
  std::uint64_t key_ = 0;
  Mode mode_ = Mode::read;
};

class KeyedLocks::Acquire final : private WaitNode, private CancelHook {
 public:
  Acquire(KeyedLocks& locks, std::uint64_t key, Mode mode, const CancelToken* cancel)
      : locks_(locks), key_(key), mode_(mode), cancel_(cancel) {}

  bool await_ready() {
    has_lock_ = locks_.try_lock(key_, mode_);
    return has_lock_ || (cancel_ != nullptr && cancel_->requested());
  }
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    set_waiter(handle);
    wait();
  }
  Guard await_resume() { return has_lock_ ? Guard(locks_, key_, mode_) : Guard(); }

 private:
  friend class KeyedLocks;
  void wait();
  void cancelled() override;

  KeyedLocks& locks_;
  std::uint64_t key_;
  Mode mode_;
  const CancelToken* cancel_;
  bool has_lock_ = false;
};

class KeyedLocks::Upgrade : private WaitNode {
 public:
  explicit Upgrade(Guard& guard) : guard_(guard) {}

  bool await_ready();
  template <typename Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    set_waiter(handle);
  }
  void await_resume() { guard_.mode_ = Mode::exclusive; }

 private:
  friend class KeyedLocks;
  Guard& guard_;
};

inline KeyedLocks::Acquire KeyedLocks::lock(std::uint64_t key, Mode mode, const CancelToken* cancel) {
  return Acquire(*this, key, mode, cancel);
}
inline KeyedLocks::Acquire KeyedLocks::read(std::uint64_t key, const CancelToken* cancel) {
  return Acquire(*this, key, Mode::read, cancel);
}
inline KeyedLocks::Acquire KeyedLocks::write(std::uint64_t key, const CancelToken* cancel) {
  return Acquire(*this, key, Mode::write, cancel);
}
inline KeyedLocks::Acquire KeyedLocks::exclusive(std::uint64_t key, const CancelToken* cancel) {
  return Acquire(*this, key, Mode::exclusive, cancel);
}
inline KeyedLocks::Upgrade KeyedLocks::Guard::upgrade() { return Upgrade(*this); }

}  // namespace zonecopy

#pragma GCC visibility pop
