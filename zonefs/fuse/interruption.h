// A request that can be cancelled: by a signal to its caller (FUSE_INTERRUPT), or because the connection is gone, so
// that nobody waits for the answer.
#pragma once

#include <fuse_lowlevel.h>

#include <cstddef>
#include <cstdint>

#include "zonecopy/cancel.h"

namespace zonecopy::zonefs {

class CallerWatch;

/// Belongs to the coroutine that answers the request. The end of the coroutine destroys it, after the answer.
class Interruption final : private CancelHook {
 public:
  enum class Ends : std::uint8_t {
    on_signal,  ///< any signal that the caller handles or dies of
    on_kill,  ///< only one that it dies of: a page fault that ends in an error is a SIGBUS, and few programs expect EINTR
              ///< of fsync(2)
  };
  Interruption(fuse_req_t request, Ends ends);
  ~Interruption() override;
  /// The token for the operation. A request ends its waits at once, and a copy where it is known what has been copied.
  [[nodiscard]] const CancelToken* token() const { return &token_; }

 private:
  void cancelled() override { token_.request(); }

  static void interrupted(fuse_req_t request, void* self);

  friend class CallerWatch;
  CallerWatch& watch_;
  CancelToken token_;
  std::int32_t caller_;
  Ends ends_;
  std::size_t index_ = 0;               ///< in the watch's list
  std::uint64_t came_before_look_ = 0;  ///< the number of the watch's first check after the request came
};

}  // namespace zonecopy::zonefs
