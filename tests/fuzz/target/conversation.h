// What a host says on a connection, made by chance: right in most of its parts, so that the target does not end at the
// first, and wrong in some.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/random.h"

namespace zonecopy::test {

/// The target that a conversation is made for.
struct Conversing {
  std::string subsystem_nqn;
  std::uint16_t controller_id = 0;  ///< a controller that is enabled, for I/O queues
  std::uint16_t queue_id = 1;
  std::uint32_t block_bytes = 4096;
  std::uint64_t blocks = 0;
  std::uint32_t namespaces = 1;
};

/// All that the host says. It does not wait for answers: a controller's are known before, but for its number.
std::vector<std::byte> make_conversation(Random& random, const Conversing& with);

}  // namespace zonecopy::test
