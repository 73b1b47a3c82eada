// Finds out what a path names and opens it as the right kind of device.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

namespace zonecopy {

/// How to drive what can be driven in two ways.
enum class DeviceChoice : std::uint8_t {
  automatic,  ///< NVMe passthrough where there is such a thing, else the block layer
  nvme,
  block,
};

struct OpenOptions {
  bool read_only = false;
  DeviceChoice choice = DeviceChoice::automatic;
};

/// Opens `path` exclusively: an NVMe ZNS namespace (by either of its nodes), a zoned block device or a zoned image.
/// ENOENT, EACCES, EBUSY (in use), ENOTBLK (neither a device nor an image), EOPNOTSUPP (not zoned), EINVAL (a damaged
/// image); the detail says what would be right.
Result<std::unique_ptr<ZonedDevice>> open_device(EventLoop& loop, const std::string& path, const OpenOptions& options);

/// What the event loop that serves `path` needs.
EventLoop::Options loop_options_for(const std::string& path);

/// Geometry and zones without opening exclusively, so that a mounted device can be looked at. An image is looked at
/// without io_uring too.
struct Inspection {
  DeviceInfo info;
  std::vector<Zone> zones;
};
Result<Inspection> inspect_device(const std::string& path);

}  // namespace zonecopy
