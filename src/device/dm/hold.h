// Holds a device mapper's device whose blocks are reached through the devices below it.
#pragma once

#include <chrono>
#include <string>

#include "src/device/dm/kernel_pointers.h"
#include "src/device/dm/stack.h"
#include "src/device/linear/layout_guard.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy::dm {

/// While it exists nobody else mounts or formats the device, and the table is looked at now and then. It cannot keep
/// others from loading another table: dmsetup and LVM may do so at any time. When it ends the kernel's own view of the device is put
/// right, for who uses it next.
class Hold final : public linear::LayoutGuard {
 public:
  /// `claim` is open with O_EXCL. `pointers`: as noted when it was claimed.
  Hold(FileDescriptor claim, Stack stack, Questions questions, KernelPointers pointers)
      : claim_(std::move(claim)),
        stack_(std::move(stack)),
        questions_(std::move(questions)),
        pointers_(std::move(pointers)) {}
  ~Hold() override;

  Status check(Care care) override;

 private:
  FileDescriptor claim_;
  Stack stack_;
  Questions questions_;
  KernelPointers pointers_;
  std::string changed_;  ///< not empty: another table was seen, and what the pieces are now is not known any more
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace zonecopy::dm
