// Coroutines that wait, in order. A node of the list lies in the frame of the coroutine that waits, so that waiting allocates
// nothing and a wait can be left in the middle.
#pragma once

#include <coroutine>
#include <utility>

#include "zonecopy/task.h"

namespace zonecopy {

class WaitNode {
 public:
  WaitNode() = default;
  WaitNode(const WaitNode&) = delete;
  WaitNode& operator=(const WaitNode&) = delete;
  ~WaitNode() { unlink(); }

  /// Says who waits. Called by the awaiter's await_suspend.
  template <typename Promise>
  void set_waiter(std::coroutine_handle<Promise> handle) {
    handle_ = handle;
    scheduler_ = handle.promise().scheduler;
  }
  /// Has the scheduler go on with the coroutine. It does not run within this call.
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

/// Does not own its nodes. Those that are left when it goes are in no list afterwards.
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
  /// Null where there is none.
  WaitNode* pop_front() {
    WaitNode* const first = front();
    if (first != nullptr) first->unlink();
    return first;
  }
  [[nodiscard]] WaitNode* front() const { return after(end_); }
  /// The node behind `node`, which is in this list; null at the end.
  [[nodiscard]] WaitNode* after(const WaitNode& node) const { return node.next_ == &end_ ? nullptr : node.next_; }

 private:
  WaitNode end_;
};

}  // namespace zonecopy
