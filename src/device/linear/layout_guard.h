// Asks whether a long device is still made of the same pieces.
#pragma once

#include <cstdint>

#include "zonecopy/result.h"

namespace zonecopy::linear {

/// Somebody else may change what a long device is made of (the table of a device mapper's device). Belongs to the
/// device, which asks on the loop's thread; a question may take some system calls, but no I/O. Its destructor runs after the last
/// command has ended and before the devices below are closed.
class LayoutGuard {
 public:
  LayoutGuard() = default;
  virtual ~LayoutGuard() = default;
  LayoutGuard(const LayoutGuard&) = delete;
  LayoutGuard& operator=(const LayoutGuard&) = delete;

  enum class Care : std::uint8_t {
    often,  ///< for every command: an answer of a moment ago will do
    now,    ///< the answer has to be of now
  };
  /// EIO where commands must not be sent to the pieces that are known; the detail says what has changed.
  virtual Status check(Care care) = 0;
};

}  // namespace zonecopy::linear
