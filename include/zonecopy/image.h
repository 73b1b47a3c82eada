// Zoned image: a sparse file that behaves like a host-managed zoned device. zonecopy-image(5) describes the format.
//
// All functions block the calling thread for the file's I/O: call them from any thread, but not from a coroutine, where
// they would stop all others of its loop. Errors name the image; the detail says what would be right.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// The properties of a new image. All sizes are multiples of the block size.
struct ImageSpec {
  std::uint64_t size_bytes = 0;
  std::uint64_t zone_size_bytes = 0;
  std::uint64_t zone_capacity_bytes = 0;  ///< 0: the zone size
  std::uint32_t conventional_zones = 0;   ///< the first so many zones are conventional
  std::uint32_t max_open_zones = 0;       ///< 0: no limit
  std::uint32_t max_active_zones = 0;     ///< 0: no limit; else not below max_open_zones
  std::uint32_t block_size_bytes = 4096;  ///< 512 or 4096
};

/// Makes a new image file. EEXIST: the file exists, and is left alone. EINVAL: the values of `spec` do not fit
/// together. ENOSPC, EFBIG and other errors of open(2), write(2) and ftruncate(2). After an error no file is left
/// behind.
Status create_image(const std::string& path, const ImageSpec& spec);

/// Whether the file begins like a zoned image, of any version. Errors of open(2) and read(2).
Result<bool> is_image(const std::string& path);

/// Opens an image exclusively or, if `read_only`, beside other readers. EBUSY: another process holds it. EINVAL: the
/// file is no image, is truncated or damaged, or has a version that this build does not know. Other errors of open(2).
/// Zones that were open when the last holder ended come back closed or, if nothing was written to them, empty, as after
/// a controller reset. `loop` must outlive the device.
Result<std::unique_ptr<ZonedDevice>> open_image(EventLoop& loop, const std::string& path, bool read_only);

/// Reads geometry and zones of an image, which another process may have open. Changes nothing. Errors as open_image(),
/// but no EBUSY.
Result<std::pair<DeviceInfo, std::vector<Zone>>> inspect_image(const std::string& path);

/// Puts a zone into a condition that only failing hardware causes, for tests: `condition` is read_only or offline.
/// Works while the image is in use; the process that holds it sees the condition at its next command to the zone.
/// EINVAL for another condition or a zone that does not exist.
Status set_image_zone_condition(const std::string& path, ZoneIndex zone, ZoneCondition condition);

}  // namespace zonecopy

#pragma GCC visibility pop
