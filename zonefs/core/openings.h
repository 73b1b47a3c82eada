// Opening and closing files. Counts who has a file open for writing and, with explicit-open, opens and closes its zone.
#pragma once

#include <memory>

#include "zonefs/core/late_zeros.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; what is passed to the constructor must outlive it.
class Openings {
 public:
  Openings(Volume& volume, Recovery& recovery, LateZeros& late_zeros)
      : volume_(volume), recovery_(recovery), late_zeros_(late_zeros) {}

  /// EROFS; EPERM: the zone is read-only or offline. With explicit-open also EBUSY (the limit of open files is
  /// reached), EINTR (cancelled) and the device's error. Waits only where the zone has to be opened first. `cancel` may
  /// be null.
  Task<Result<std::unique_ptr<OpenFile>>> open(FileNumber number, OpenFor use, const CancelToken* cancel);
  /// Closes a file. What the last writer leaves that fills no block is padded or dropped (StreamWriter). Errors of the
  /// device are logged and do not reach the caller, as with close(2).
  Task<void> release(std::unique_ptr<OpenFile> open_file);

 private:
  [[nodiscard]] Status may_open(FileNumber number, OpenFor use) const;
  Task<Status> first_write_open(FileNumber number);
  Task<void> end_of_writing(FileNumber number, KeyedLocks::Guard& guard);
  Task<void> last_write_close(FileNumber number, KeyedLocks::Guard& guard);

  Volume& volume_;
  Recovery& recovery_;
  LateZeros& late_zeros_;
  Gate closing_;  ///< files whose zones are being closed
};

}  // namespace zonecopy::zonefs
