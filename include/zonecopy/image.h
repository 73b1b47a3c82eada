// Zoned image: a sparse file that behaves as a host-managed zoned device. zonecopy-image(5) describes the format.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

namespace zonecopy {

/// What `zonecopy image create` is asked for. All sizes are multiples of the block size.
struct ImageSpec {
  std::uint64_t size_bytes = 0;
  std::uint64_t zone_size_bytes = 0;
  std::uint64_t zone_capacity_bytes = 0;  ///< 0: as long as the zone
  std::uint32_t conventional_zones = 0;   ///< the first so many
  std::uint32_t max_open_zones = 0;       ///< 0: no limit
  std::uint32_t max_active_zones = 0;     ///< 0: no limit; else not below max_open_zones
  std::uint32_t block_size_bytes = 4096;  ///< 512 or 4096
};

/// Makes a new image file; never touches one that exists (EEXIST) and leaves nothing behind when it fails.
/// EINVAL for a spec that makes no sense, the detail saying which value and what would be right; ENOSPC; EFBIG.
Status create_image(const std::string& path, const ImageSpec& spec);

/// Whether the file begins like a zoned image (of any version). EINVAL never; open and read errors are returned.
Result<bool> is_image(const std::string& path);

/// Opens an image, exclusively (EBUSY while another process holds it). EINVAL for a file that is no image, is truncated
/// or damaged, or of a version this build does not know; the detail says which.
/// Zones that were open when the last holder ended come back closed, or empty, as after a controller reset.
Result<std::unique_ptr<ZonedDevice>> open_image(EventLoop& loop, const std::string& path, bool read_only);

/// Reads geometry and zones of an image that another process may have open. Nothing is changed.
Result<std::pair<DeviceInfo, std::vector<Zone>>> inspect_image(const std::string& path);

/// Puts a zone into a condition that only hardware can cause; `condition` is read_only or offline. Works while the
/// image is in use, so that a running program meets it. EINVAL for another condition or no such zone.
Status set_image_zone_condition(const std::string& path, ZoneIndex zone, ZoneCondition condition);

}  // namespace zonecopy
