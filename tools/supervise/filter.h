// The seccomp filter of a supervised command. Pure.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace zonecopy::supervise {

/// Notifies of ioctl(2) with FICLONE or FICLONERANGE, of opens with O_TRUNC that may find a file, and of every
/// openat2(2), whose flags a filter cannot see. All other calls are allowed by their number alone, so that the kernel
/// finds that out once for each number and lets them through at full speed.
[[nodiscard]] std::vector<sock_filter> make_filter();

}  // namespace zonecopy::supervise
