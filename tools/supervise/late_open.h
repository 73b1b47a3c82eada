// Opens zone files with O_TRUNC so that they are truncated late (ZONECOPY_IOC_TRUNCATE_LATER), and their old contents are
// not lost to a clone that cannot be carried out.
#pragma once

#include <cstdint>

#include "tools/supervise/caller.h"
#include "tools/supervise/calls.h"
#include "tools/supervise/listener.h"

namespace zonecopy::supervise {

/// Whether an open is of the kind that can be late, by its flags. Waits for nobody.
[[nodiscard]] bool may_be_late(const Caller& caller, const OpenCall& call);

/// Answers an open: with a descriptor where the file is a zone file and it can be opened as the caller would; else the
/// kernel opens it. The calling thread takes the caller's credentials, and should end afterwards.
void answer_open(const Listener& listener, std::uint64_t id, const Caller& caller, const OpenCall& call);

}  // namespace zonecopy::supervise
