// truncate(2). A sequential file that is truncated to 0 has its zone reset, and to the capacity, finished.
#pragma once

#include "zonefs/core/conventional_writer.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/stream_writer.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; what is passed to the constructor must outlive it.
class Truncater {
 public:
  Truncater(Volume& volume, Recovery& recovery, StreamWriter& stream, ConventionalWriter& conventional)
      : volume_(volume), recovery_(recovery), stream_(stream), conventional_(conventional) {}

  /// The caller holds the file's lock exclusively. `through` is the open file of ftruncate(2), or null; it must outlive
  /// the await. `pid` is the calling thread. A sequential file that becomes longer is filled with zeros: at once, or
  /// when its last writer closes it. EPERM: a smaller size than before but 0, another size than 0 or the capacity for a
  /// conventional file or under strict, or a truncate that the kernel sends by itself (see OpenFile). EINVAL: a size that
  /// fills no block where nobody has the file open and tail=refuse. EFBIG: above the capacity. Else what device_errno()
  /// makes of the device's error.
  Task<Status> truncate(FileNumber number, std::uint64_t size_bytes, OpenFile* through, std::int32_t pid);

 private:
  Task<Status> truncate_as_zonefs(FileNumber number, std::uint64_t size_bytes);
  Task<Status> truncate_sequential(FileNumber number, std::uint64_t size_bytes);
  Task<Status> truncate_conventional(FileNumber number, std::uint64_t size_bytes);
  Task<Status> grow(FileNumber number, std::uint64_t size_bytes);
  Task<Status> bring_to_zone(FileNumber number, std::uint64_t end_bytes);
  Task<Status> set_zone(FileNumber number, std::uint64_t size_bytes);

  Volume& volume_;
  Recovery& recovery_;
  StreamWriter& stream_;
  ConventionalWriter& conventional_;
};

}  // namespace zonecopy::zonefs
