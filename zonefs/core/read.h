// Reading a zone file.
#pragma once

#include <span>

#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// Data of a read: `data` points into `loan`.
struct ReadResult {
  BufferPool::Loan loan;
  std::span<const std::byte> data;
};

class Reader {
 public:
  Reader(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery) {}

  /// At most request_data_max_bytes; nothing at the end of the file. EPERM where the zone cannot be read any more, EINVAL for
  /// a direct read that is not of whole blocks, EINTR, ENOMEM, and what device_errno() makes of the device's error.
  Task<Result<ReadResult>> read(OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                IoFlags flags);

 private:
  Volume& volume_;
  Recovery& recovery_;
};

}  // namespace zonecopy::zonefs
