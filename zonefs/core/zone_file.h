// One zone file: its size, attributes, writers and the state of its zone.
#pragma once

#include <cstdint>

#include "zonecopy/zone.h"
#include "zonefs/core/timestamp.h"
#include "zonefs/core/tree.h"

namespace zonecopy::zonefs {

/// Small, since a mount holds one for every zone of the device.
struct ZoneFile {
  Lba start_lba = 0;
  std::uint64_t capacity_bytes = 0;  ///< largest size
  std::uint64_t size_bytes = 0;      ///< sequential: the write pointer (see FileEnd); conventional: always the capacity
  Timestamp access_time;
  Timestamp modification_time;
  Timestamp change_time;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t write_openers = 0;
  std::uint16_t permissions = 0;
  bool sequential : 1 = true;
  bool zone_open : 1 = false;       ///< this mount has opened the zone by an Open Zone command (explicit-open)
  bool counted_active : 1 = false;  ///< counted in ZoneFiles::active_sequential_files
  bool zone_read_only : 1 = false;  ///< stays set until unmount, also when an errors= policy set it
  bool zone_offline : 1 = false;

  /// Nothing about the file can be changed any more (the kernel's S_IMMUTABLE).
  [[nodiscard]] bool immutable() const { return zone_read_only || zone_offline; }
  /// The file has no permission bits left: its zone is offline, or was read-only before the mount.
  [[nodiscard]] bool unreadable() const { return immutable() && (permissions & 0777) == 0; }
  [[nodiscard]] bool full() const { return size_bytes >= capacity_bytes; }
  /// Whether the zone takes one of the device's active resources, as zonefs counts them (nr_active_seq_files in sysfs).
  [[nodiscard]] bool active() const {
    return sequential && !immutable() && (zone_open || (size_bytes > 0 && size_bytes < capacity_bytes));
  }
};

static_assert(sizeof(ZoneFile) <= 80, "a device with a hundred thousand zones should need less than 10 MB");

}  // namespace zonecopy::zonefs
