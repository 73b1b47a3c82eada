// A token of one's own that another one requests as well.
#pragma once

#include "zonecopy/cancel.h"

namespace zonecopy {

/// Requested by whoever has it, and when `parent` is. For waits that end for more than one reason.
class LinkedCancel final : private CancelHook {
 public:
  /// `parent` may be null, and must outlive it.
  explicit LinkedCancel(const CancelToken* parent) {
    if (parent != nullptr && parent->requested()) token_.request();
    else attach(parent);
  }
  [[nodiscard]] CancelToken& token() { return token_; }

 private:
  void cancelled() override { token_.request(); }

  CancelToken token_;
};

}  // namespace zonecopy
