// A request that can be told to stop: by a signal to its caller, of which FUSE tells (FUSE_INTERRUPT), or because the
// connection is gone and nobody waits for the answer.
#pragma once

#include <fuse_lowlevel.h>

#include <cstddef>
#include <cstdint>

#include "zonecopy/cancel.h"

namespace zonecopy::zonefs {

class CallerWatch;

/// Lives in the coroutine that answers the request, until right before it answers.
class Interruption final : private CancelHook {
 public:
  explicit Interruption(fuse_req_t request);
  ~Interruption() override;
  /// What the operation is given. It ends waits at once, and a copy where it can tell what was done.
  [[nodiscard]] const CancelToken* token() const { return &token_; }

 private:
  void cancelled() override { token_.request(); }

  friend class CallerWatch;
  CallerWatch& watch_;
  CancelToken token_;
  std::int32_t caller_;
  std::size_t place_ = 0;               ///< in the watch's list
  std::uint64_t came_before_look_ = 0;  ///< of the watch
};

}  // namespace zonecopy::zonefs
