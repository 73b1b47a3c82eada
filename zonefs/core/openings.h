// Opening and closing: who has a file open for writing, and what its zone is told of that (explicit-open).
#pragma once

#include <memory>

#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

class Openings {
 public:
  Openings(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery) {}

  /// EROFS, EPERM on a bad zone; with explicit-open EBUSY where no more may be open, what the device says, and EINTR. Waits
  /// only where the zone has to be opened first.
  Task<Result<std::unique_ptr<OpenFile>>> open(FileNumber number, OpenFor use, const CancelToken* cancel);
  /// Last use of an open file. Never fails for the caller, as close(2).
  Task<void> release(std::unique_ptr<OpenFile> open_file);

 private:
  [[nodiscard]] Status may_open(FileNumber number, OpenFor use) const;
  Task<Status> first_write_open(FileNumber number);
  Task<void> last_write_close(FileNumber number, KeyedLocks::Guard& guard);

  Volume& volume_;
  Recovery& recovery_;
  Gate closing_;  ///< those whose zones are being closed
};

}  // namespace zonecopy::zonefs
