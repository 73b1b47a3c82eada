// Opens a device mapper's device as what it is made of.
#pragma once

#include <memory>
#include <string>

#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

namespace zonecopy {

/// What a device is opened for. `look` takes no claim, so that it works on a mounted device.
enum class Claim : std::uint8_t { look, read, write };

/// Whether the block device at `path` belongs to the device mapper.
[[nodiscard]] bool is_device_mapper(const std::string& path);

/// The device at `path` as a LinearDevice over NVMe namespaces, which are reached by passthrough while the device at `path` is held exclusively.
/// EOPNOTSUPP: its table does not allow that, and the detail says why; the block layer can be used then.
/// EBUSY, EACCES, EROFS: it cannot be taken at all.
Result<std::unique_ptr<ZonedDevice>> open_stack(EventLoop& loop, const std::string& path, Claim claim,
                                                bool cross_namespace);

}  // namespace zonecopy
