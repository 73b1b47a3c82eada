// What all kinds of devices share.
#include "zonecopy/device.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace zonecopy {

std::string device_id(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return {};
  const auto numbers = [](dev_t device) { return fmt::format("{}:{}", major(device), minor(device)); };
  if (S_ISREG(facts.st_mode)) return fmt::format("file {}:{}", numbers(facts.st_dev), facts.st_ino);
  return fmt::format("device {}", numbers(facts.st_rdev));
}

CopyRoute ZonedDevice::copy_route(const ZonedDevice& source) const {
  const DeviceInfo& device = info();
  if (&source == this) return {device.copy_path(), device.copy_limits, device.copy_objection()};
  return {CopyPath::emulated, {}, fmt::format("{} cannot copy from {} by itself", device.path, source.info().path)};
}

}  // namespace zonecopy
