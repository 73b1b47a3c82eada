// truncate(2) of a sequential file: truncating to 0 resets its zone, truncating to the capacity finishes it.
#pragma once

#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; `volume` and `recovery` must outlive it.
class Truncater {
 public:
  Truncater(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery) {}

  /// The caller holds the file's lock exclusively. `through` is the open file of ftruncate(2), or null; it must outlive
  /// the await. `pid` is the calling thread. EPERM: another size, a conventional file, or a truncate that the kernel
  /// sends by itself (see OpenFile). EFBIG: above the capacity. Else what device_errno() makes of the device's error.
  Task<Status> truncate(FileNumber number, std::uint64_t size_bytes, OpenFile* through, std::int32_t pid);

 private:
  Task<Status> set_zone(FileNumber number, std::uint64_t size_bytes);

  Volume& volume_;
  Recovery& recovery_;
};

}  // namespace zonecopy::zonefs
