// What a controller says on a connection, made by chance: right in most of its parts, so that a host does not end at the
// first, and wrong in some.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/nvme/fabrics/pdu.h"
#include "tests/support/random.h"

namespace zonecopy::test {

struct Conversation {
  nvme::fabrics::Digests digests;   ///< that the host asks for
  std::vector<std::byte> greeting;  ///< what it says first: ICResp
  std::vector<std::byte> answers;   ///< what it says once it has been sent commands
};

/// `command_ids` are those that the host will use, in order: of reads, of writes, in turn.
Conversation make_conversation(Random& random, const std::vector<std::uint16_t>& command_ids, std::uint32_t data_bytes);

}  // namespace zonecopy::test
