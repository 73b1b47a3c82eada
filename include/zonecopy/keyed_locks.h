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

namespace zonecopy {

/// A zone has two orders: that of its writes among themselves, and that of what changes the zone as a whole (reset, finish,
/// recovery) beside everything else. Reads below the write pointer care about the second only.
///
/// First come, first served: who comes goes in at once only if that is compatible with all who are inside and with all
/// who wait. A key that nobody holds costs no memory, so that a device of a hundred thousand zones pays only for those in use.
class KeyedLocks {
 public:
  enum class Mode : std::uint8_t {
    read,          ///< beside all but exclusive
    write_beside,  ///< beside reads and others of its kind: writes that may come in any order
    write,         ///< beside reads: writes one after the other
    exclusive,     ///< alone
  };
  static constexpr std::size_t modes = 4;
  [[nodiscard]] static bool compatible(Mode one, Mode other);

  class [[nodiscard]] Guard;
  class [[nodiscard]] Acquire;
  class [[nodiscard]] Upgrade;

  KeyedLocks() = default;
  KeyedLocks(const KeyedLocks&) = delete;
  KeyedLocks& operator=(const KeyedLocks&) = delete;

  /// Awaiting gives a Guard: an empty one where `cancel` was requested before the lock was to be had. The token may be null.
  [[nodiscard]] Acquire lock(std::uint64_t key, Mode mode, const CancelToken* cancel = nullptr);
  [[nodiscard]] Acquire read(std::uint64_t key, const CancelToken* cancel = nullptr);
  [[nodiscard]] Acquire write(std::uint64_t key, const CancelToken* cancel = nullptr);
  [[nodiscard]] Acquire exclusive(std::uint64_t key, const CancelToken* cancel = nullptr);
  /// The lock, if nobody has it or waits for it.
  [[nodiscard]] std::optional<Guard> try_exclusive(std::uint64_t key);
  [[nodiscard]] bool idle() const { return entries_.empty(); }

 private:
  struct Entry {
    std::array<std::uint32_t, modes> inside{};
    std::array<std::uint32_t, modes> waiting{};
    WaitList queue;
    Upgrade* upgrade = nullptr;  ///< goes before all who wait
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
  std::vector<Entries::node_type>
      spare_;  ///< entries of keys that nobody holds, to be used again without an allocation
};

/// Holds a lock for as long as it lives.
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
  /// Awaiting makes an exclusive lock of one held for `write` without letting another writer in between. Who holds another
  /// lock that a reader may wait for lets go of that first.
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
    if (cancel_ != nullptr && cancel_->requested()) return true;
    has_lock_ = locks_.try_lock(key_, mode_);
    return has_lock_;
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
