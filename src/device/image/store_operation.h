// One read or write of the file of an image, for all kinds of stores.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>
#include <variant>

#include "zonecopy/event_loop.h"
#include "zonecopy/task.h"

namespace zonecopy::image {

/// Await it once. It gives the bytes that were transferred, which may be fewer than requested, or a negative errno. For
/// a store in a file it is an operation of the ring, which saves a coroutine.
class [[nodiscard]] StoreOperation {
 public:
  explicit StoreOperation(RingOperation operation) : operation_(std::move(operation)) {}
  explicit StoreOperation(LinkedOperation operation) : operation_(std::move(operation)) {}
  explicit StoreOperation(Task<std::int32_t> task) : operation_(std::move(task)) {}

  bool await_ready() const { return false; }
  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    if (auto* const task = std::get_if<Task<std::int32_t>>(&operation_)) return task->await_suspend(handle);
    if (auto* const single = std::get_if<RingOperation>(&operation_)) {
      single->await_suspend(handle);
    } else {
      std::get<LinkedOperation>(operation_).await_suspend(handle);
    }
    return true;
  }
  std::int32_t await_resume() {
    return std::visit([](auto& operation) { return operation.await_resume(); }, operation_);
  }

 private:
  std::variant<RingOperation, LinkedOperation, Task<std::int32_t>> operation_;
};

}  // namespace zonecopy::image
