// Opens a namespace across the network by its name.
#pragma once

#include <string>

#include "zonecopy/open_device.h"

namespace zonecopy {

// As the functions of open_device.h, of names that are remote ones.

Result<std::unique_ptr<ZonedDevice>> open_remote_name(EventLoop& loop, const std::string& name,
                                                      const OpenOptions& options);
Result<Inspection> inspect_remote_name(const std::string& name);
Result<std::string> identify_remote_name(const std::string& name);

}  // namespace zonecopy
