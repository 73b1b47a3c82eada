// A list of coroutines that wait, in order. Each node lies in the frame of its coroutine, so that waiting needs no
// allocation, and a wait in the middle of the list can be cancelled. On the loop's thread only.
#pragma once

#include <coroutine>
#include <utility>

#include "zonecopy/task.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// One waiting coroutine. Awaiters derive from it. The destructor takes it out of its list.
class WaitNode {
 public:
  WaitNode() = default;
  WaitNode(const WaitNode&) = delete;
  WaitNode& operator=(const WaitNode&) = delete;
  ~WaitNode() { unlink(); }

  /// Sets the coroutine that waits. To be called by the awaiter's await_suspend.
  template <typename Promise>
  void set_waiter(std::coroutine_handle<Promise> handle) {
    handle_ = handle;
    scheduler_ = handle.promise().scheduler;
  }
  /// Makes the coroutine ready. It does not run within this call.
  void wake() { scheduler_->make_ready(handle_); }
  /// Takes the node out of its list, if it is in one.
  void unlink() {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  friend class WaitList;
  std::coroutine_handle<> handle_;
  Scheduler* scheduler_ = nullptr;
  WaitNode* next_ = nullptr;
  WaitNode* previous_ = nullptr;
};

/// Does not own its nodes. The destructor unlinks those that are left, and does not wake them.
class WaitList {
 public:
  WaitList() { end_.next_ = end_.previous_ = &end_; }
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  ~WaitList() {
    while (pop_front() != nullptr) {
    }
    end_.next_ = end_.previous_ = nullptr;
  }

  [[nodiscard]] bool empty() const { return end_.next_ == &end_; }
  void push_back(WaitNode& node) {
    node.next_ = &end_;
    node.previous_ = std::exchange(end_.previous_, &node);
    node.previous_->next_ = &node;
  }
  /// Unlinks the first node and returns it; null if the list is empty.
  WaitNode* pop_front() {
    WaitNode* const first = front();
    if (first != nullptr) first->unlink();
    return first;
  }
  /// The first node; null if the list is empty.
  [[nodiscard]] WaitNode* front() const { return after(end_); }
  /// The node after `node`, which is in this list; null at the end.
  [[nodiscard]] WaitNode* after(const WaitNode& node) const { return node.next_ == &end_ ? nullptr : node.next_; }

 private:
  WaitNode end_;
};

}  // namespace zonecopy

#pragma GCC visibility pop
