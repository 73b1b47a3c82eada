// Who is who: the process that the user has started becomes the command, so that signals, exit status, job control and
// terminal are as if nothing else were there. Who supervises it is a process apart, no child of it and in a session of
// its own, which holds nothing of what the command has open.
#pragma once

#include "tools/supervise/supervisor.h"
#include "zonecopy/result.h"

namespace zonecopy::supervise {

/// Starts a supervisor and puts the calling process, which has one thread, under it; execve(2) may follow. The
/// supervisor ends after the last process that descends from the caller. An error where that is not possible here; its
/// detail is for a person, and the caller is not supervised.
Status start_supervisor(SuperviseOptions options);

/// Whether this process is under another supervisor by seccomp already, so that start_supervisor() is bound to fail.
[[nodiscard]] bool is_supervised();

}  // namespace zonecopy::supervise
