// Taking on the credentials of another thread.
#pragma once

#include "zonefs/core/process_status.h"

namespace zonecopy::supervise {

using zonefs::Credentials;

/// Gives the calling thread, and no other of the process, these credentials. False where it may not have them; it then
/// has some mixture.
[[nodiscard]] bool assume(const Credentials& wanted);

}  // namespace zonecopy::supervise
