#include "src/device/open/inspect_open.h"

namespace zonecopy {

Task<Result<Inspection>> inspect_open(ZonedDevice& device) {
  const DeviceInfo& info = device.info();
  const Result<std::vector<Zone>> zones = co_await device.report_zones(0, info.zone_count);
  if (!zones) co_return zones.error();
  Inspection inspection{info, *zones};
  co_return inspection;
}

}  // namespace zonecopy
