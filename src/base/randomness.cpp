#include "src/base/randomness.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace zonecopy {
namespace {

void fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // The call fails on kernels before 3.17 only. To go on with bytes that can be guessed would be worse than to end.
    if (got < 0) std::abort();
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace

Randomness system_randomness() { return &fill; }

}  // namespace zonecopy
