// One zone file: its size and write pointer, who has it open for writing, and what has become of its zone.
#pragma once

#include <cstdint>

#include "zonecopy/zone.h"
#include "zonefs/core/timestamp.h"
#include "zonefs/core/tree.h"

namespace zonecopy::zonefs {

/// Kept small: a mount holds one for every zone of the device.
struct ZoneFile {
  Lba start_lba = 0;
  std::uint64_t capacity_bytes = 0;  ///< largest size
  std::uint64_t size_bytes = 0;      ///< sequential: also the write pointer; conventional: always the capacity
  Timestamp access_time;
  Timestamp modification_time;
  Timestamp change_time;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t write_openers = 0;
  std::uint16_t permissions = 0;
  bool sequential : 1 = true;
  bool zone_open : 1 = false;       ///< opened by an Open Zone command of ours (explicit-open)
  bool counted_active : 1 = false;  ///< part of the mount's active count
  bool zone_read_only : 1 = false;  ///< sticky until unmount, also when an errors= policy caused it
  bool zone_offline : 1 = false;

  /// No change of any kind is possible any more (the kernel's S_IMMUTABLE).
  [[nodiscard]] bool immutable() const { return zone_read_only || zone_offline; }
  /// Offline, or read-only since before the mount: no permission bits are left.
  [[nodiscard]] bool unreadable() const { return immutable() && (permissions & 0777) == 0; }
  [[nodiscard]] bool full() const { return size_bytes >= capacity_bytes; }
  /// Section 3 of the zonefs documentation: takes one of the device's active resources.
  [[nodiscard]] bool active() const {
    return sequential && !immutable() && (zone_open || (size_bytes > 0 && size_bytes < capacity_bytes));
  }
};

static_assert(sizeof(ZoneFile) <= 80, "a hundred thousand zones are to cost less than 100 bytes each");

}  // namespace zonecopy::zonefs
