// What inspections tell, of a device that is open.
#pragma once

#include "zonecopy/open_device.h"

namespace zonecopy {

/// `device` must outlive the await.
Task<Result<Inspection>> inspect_open(ZonedDevice& device);

}  // namespace zonecopy
