// Asking work to stop before it is done.
#pragma once

#include <atomic>

namespace zonecopy {

class CancelToken;

/// What is told of a cancellation at once. Belongs to the loop's thread, as the token's list does.
class CancelHook {
 public:
  CancelHook() = default;
  virtual ~CancelHook() { detach(); }
  CancelHook(const CancelHook&) = delete;
  CancelHook& operator=(const CancelHook&) = delete;
  /// A null token cancels nothing. A token that has been asked already does not call either: look at it first.
  void attach(const CancelToken* token);
  void detach();

 private:
  friend class CancelToken;
  virtual void cancelled() = 0;
  CancelHook* next_ = nullptr;
  CancelHook** place_ = nullptr;  ///< what points here; null while this is attached to no token
};

/// Asks long work to stop at the next moment where it can tell exactly what has been done, and waits to end. Asked on the
/// loop's thread; whether it was may be looked at on any.
class CancelToken {
 public:
  CancelToken() = default;
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

  void request() {
    requested_.store(true, std::memory_order_relaxed);
    while (hooks_ != nullptr) {
      CancelHook& hook = *hooks_;
      hook.detach();
      hook.cancelled();
    }
  }
  [[nodiscard]] bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  friend class CancelHook;
  std::atomic<bool> requested_{false};
  mutable CancelHook* hooks_ = nullptr;  ///< mutable: who waits does not change what the token says
};

inline void CancelHook::attach(const CancelToken* token) {
  if (token == nullptr) return;
  next_ = token->hooks_;
  if (next_ != nullptr) next_->place_ = &next_;
  place_ = &token->hooks_;
  token->hooks_ = this;
}

inline void CancelHook::detach() {
  if (place_ == nullptr) return;
  *place_ = next_;
  if (next_ != nullptr) next_->place_ = place_;
  next_ = nullptr;
  place_ = nullptr;
}

}  // namespace zonecopy
