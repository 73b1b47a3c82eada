// Where a target listens, and whether it may be reached there without more ado.
#pragma once

#include <vector>

#include "tools/serve/serve.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::serve {

/// The sockets that listen: those of the request, of the service manager, or the usual one. EINVAL that says all: an
/// address that is none, or one that others than this machine reach, although any host may connect.
Result<std::vector<FileDescriptor>> open_listeners(const ServeRequest& request);

}  // namespace zonecopy::serve
