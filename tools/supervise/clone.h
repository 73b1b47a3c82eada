// Carries out clones into zone files, by copy_file_range(2).
#pragma once

#include <cstdint>
#include <optional>

#include "tools/supervise/caller.h"
#include "tools/supervise/calls.h"
#include "tools/supervise/listener.h"

namespace zonecopy::supervise {

/// Answers a clone: by a copy where the destination is a zone file, else by the kernel. Waits for the copy. All or
/// nothing where the destination is empty or is to be emptied; it ends early if the caller is killed. With
/// `require_offload` the clone fails with EIO where the device does not copy by itself.
void answer_clone(const Listener& listener, std::uint64_t id, const Caller& caller, const CloneCall& call,
                  bool require_offload);
void answer_clone(const Listener& listener, std::uint64_t id, const Caller& caller, const CloneRangeCall& call,
                  bool require_offload);

}  // namespace zonecopy::supervise
