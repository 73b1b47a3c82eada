// Reading a zone file.
#pragma once

#include <span>

#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// The data of a read. `data` points into `loan`, and is valid as long as that is held.
struct ReadResult {
  BufferPool::Loan loan;
  std::span<const std::byte> data;
};

/// Reads `length_bytes`, at most request_data_max_bytes, which lie in the file, held in memory or not. The caller holds
/// the file's lock in any mode. The loan is empty where there is no memory. The data is shorter where the file has become
/// so while memory was waited for: the end that fills no block may be dropped beside this. Returns the device's error.
/// `buffers` lends the memory, and must outlive the loan.
Task<Result<ReadResult>> read_bytes(Volume& volume, FileNumber number, std::uint64_t offset_bytes,
                                    std::uint64_t length_bytes, BufferPool& buffers);

/// On the loop's thread only; `volume` and `recovery` must outlive it.
class Reader {
 public:
  Reader(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery) {}

  /// Reads at most request_data_max_bytes, and nothing at the end of the file. EPERM: the zone cannot be read any more.
  /// EINVAL: a direct read that is not of whole blocks. EINTR: cancelled. ENOMEM. Else what device_errno() makes of the
  /// device's error. `open_file` must outlive the await.
  Task<Result<ReadResult>> read(OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                IoFlags flags);

 private:
  Volume& volume_;
  Recovery& recovery_;
};

}  // namespace zonecopy::zonefs
