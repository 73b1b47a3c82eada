// Where random bytes come from: passed in, so that a test gets the same ones again.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace zonecopy {

/// Fills all of what it is given.
using Randomness = std::function<void(std::span<std::byte>)>;

/// The kernel's. Any thread. Waits only as long as the kernel has none to give, which is early in a boot.
[[nodiscard]] Randomness system_randomness();

}  // namespace zonecopy
