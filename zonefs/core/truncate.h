// truncate(2) of a sequential file: to 0 resets its zone, to the capacity finishes it.
#pragma once

#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

class Truncater {
 public:
  Truncater(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery) {}

  /// The caller has the file for itself. `through`: the open of ftruncate(2), or null. EPERM for any other size, for a
  /// conventional file, and for what the kernel asks for of its own accord (OpenFile); EFBIG.
  Task<Status> truncate(FileNumber number, std::uint64_t size_bytes, OpenFile* through, std::int32_t pid);

 private:
  Task<Status> set_zone(FileNumber number, std::uint64_t size_bytes);

  Volume& volume_;
  Recovery& recovery_;
};

}  // namespace zonecopy::zonefs
