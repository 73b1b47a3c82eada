// Who is who in a supervised command.
//
// The first way: the process that the user has started becomes the command, so that signals, exit status, job control and
// terminal are as if nothing else were there. Who supervises it is a process apart, no child of it and in a session of
// its own, which holds nothing of what the command has open.
//
// The second way, where only an ancestor may look into a process (Yama's ptrace_scope), or where the command would adopt
// the supervisor (it is the first process of a container): the command is a child of the supervisor, which is a child of
// the process that the user has started. That one passes signals on, and stops and ends as the command does (relay.h).
#pragma once

#include "tools/supervise/supervisor.h"
#include "zonecopy/result.h"

namespace zonecopy::supervise {

/// Starts a supervisor. Returns in the process that is to become the command by execve(2), which is supervised from now
/// on; in the second way this is not the caller, and the caller ends as the command does. The calling process has one
/// thread. An error where supervising is not possible here; its detail is for a person. The supervisor ends after the
/// last process that descends from the command.
Status start_supervisor(SuperviseOptions options);

/// Whether start_supervisor() would succeed, as a child of this process has found out by trying it.
[[nodiscard]] bool can_supervise();

}  // namespace zonecopy::supervise
