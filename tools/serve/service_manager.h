// What a service manager gives to a program that it starts, and wants to hear from it: sockets that listen already
// (sd_listen_fds(3)), and that it is ready or ends (sd_notify(3)). Both are a few bytes, so no library is needed.
#pragma once

#include <string_view>
#include <vector>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::serve {

/// The sockets that were passed on (LISTEN_FDS); empty where there are none, or they are for another process. Each must be
/// a TCP socket that listens, else EINVAL. Removes the variables from the environment. To be called once.
Result<std::vector<FileDescriptor>> passed_sockets();

/// Sends `state` ("READY=1", "STOPPING=1") to the service manager, if there is one. Failures are not reported: it has a
/// time limit of its own.
void notify(std::string_view state);

}  // namespace zonecopy::serve
