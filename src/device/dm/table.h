// The table of a device mapper's device, as the kernel tells it (dmsetup table).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "zonecopy/result.h"

namespace zonecopy::dm {

/// One line of a table. All numbers are sectors of 512 bytes.
struct Target {
  std::uint64_t first_sector = 0;
  std::uint64_t sectors = 0;
  std::string type;        ///< "linear", "crypt", …
  std::string parameters;  ///< for linear: "MAJOR:MINOR FIRST_SECTOR"
  friend bool operator==(const Target&, const Target&) = default;
};

struct Table {
  std::vector<Target> targets;
  bool suspended = false;
};

/// Whether `device` belongs to the device mapper. Any thread; asks sysfs.
[[nodiscard]] bool is_device_mapper(dev_t device);

/// The table that is in use. EACCES, ENOENT and others: the device mapper cannot be asked, or has no such device. Changes nothing.
/// libdevmapper is not made for several threads: one at a time.
Result<Table> read_table(dev_t device);

}  // namespace zonecopy::dm
