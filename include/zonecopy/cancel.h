// A request to stop work before it is done.
#pragma once

#include <atomic>

#pragma GCC visibility push(default)

namespace zonecopy {

class CancelToken;

/// A callback for a cancellation: a wait that can be cancelled derives from it. All members may be called on the loop's
/// thread only.
class CancelHook {
 public:
  CancelHook() = default;
  /// Detaches the hook: it is not called afterwards.
  virtual ~CancelHook() { detach(); }
  CancelHook(const CancelHook&) = delete;
  CancelHook& operator=(const CancelHook&) = delete;
  /// Has `token` call cancelled() once, when it is requested. The hook must not be attached already; the token must
  /// outlive the attachment. A null token never calls. Nor does a token that was requested before: check requested()
  /// first.
  void attach(const CancelToken* token);
  /// Ends the attachment; does nothing where there is none.
  void detach();

 private:
  friend class CancelToken;
  virtual void cancelled() = 0;  ///< runs within CancelToken::request, after the hook was detached
  CancelHook* next_ = nullptr;
  CancelHook** link_ = nullptr;  ///< the pointer that points to this hook; null while it is attached to no token
};

/// Asks long work to stop, and waits to end. Work stops at the next point where it knows exactly what has been done.
/// The token must outlive every operation that was given it.
class CancelToken {
 public:
  CancelToken() = default;
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

  /// Requests the cancellation, for good, and calls all hooks. On the loop's thread only. Coroutines that it wakes run
  /// later, not within this call.
  void request() {
    requested_.store(true, std::memory_order_relaxed);
    while (hooks_ != nullptr) {
      CancelHook& hook = *hooks_;
      hook.detach();
      hook.cancelled();
    }
  }
  /// May be called on any thread.
  [[nodiscard]] bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  friend class CancelHook;
  std::atomic<bool> requested_{false};
  mutable CancelHook* hooks_ = nullptr;  ///< mutable, since attaching a hook does not change whether it was requested
};

inline void CancelHook::attach(const CancelToken* token) {
  if (token == nullptr) return;
  next_ = token->hooks_;
  if (next_ != nullptr) next_->link_ = &next_;
  link_ = &token->hooks_;
  token->hooks_ = this;
}

inline void CancelHook::detach() {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  next_ = nullptr;
  link_ = nullptr;
}

}  // namespace zonecopy

#pragma GCC visibility pop
