// copy_file_range(2) between zone files: checks the request, and has it carried out.
#pragma once

#include "zonefs/core/copy_work.h"

namespace zonecopy::zonefs {

struct CopyRequest {
  FileNumber source = 0;
  Volume* source_volume = nullptr;  ///< the device that the source is on; null: the destination's
  std::uint64_t source_offset_bytes = 0;
  FileNumber destination = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
  OpenFile* through = nullptr;  ///< the open file of the destination, which counts the copy too; may be null
  [[nodiscard]] Volume& from(Volume& destination_volume) const {
    return source_volume == nullptr ? destination_volume : *source_volume;
  }
};

/// On the loop's thread only; what is passed to the constructor must outlive it.
class Copier {
 public:
  /// Longest copy of one request: the reply of FUSE has 32 bits for the length, and a copy ends on a page.
  static constexpr std::uint64_t copy_max_bytes = 0xfffff000;

  Copier(Volume& volume, CopyWorker& worker) : volume_(volume), worker_(worker) {}

  /// Returns the bytes copied, which may be fewer than requested, and 0 at the end of the source. The caller's locks
  /// are taken here: the source for reading, the destination for writing. A gap in front of the destination range is
  /// filled with zeros. EPERM: a zone is read-only or offline. EROFS. EFBIG: the destination is full. EINVAL: below the
  /// end of a sequential destination, the ranges overlap, or the devices have different block sizes; under strict also
  /// not whole blocks, or not at the write pointer. EIO under copy=offload: it cannot be offloaded. EINTR: cancelled before anything was copied. Else what
  /// device_errno() makes of the device's error. `request.through` and `cancel` (may be null) must outlive the await.
  Task<Result<std::uint64_t>> copy_range(CopyRequest request, const CancelToken* cancel);

  /// The error of a request that would be refused now if the destination, which is sequential, were empty. Its reason is
  /// told as of a copy that is.
  [[nodiscard]] std::optional<Error> foreseen_refusal(const CopyRequest& request);

 private:
  Error told(const Error& refused);
  Result<CopyRequest> clip(CopyRequest request, std::uint64_t end_bytes) const;
  [[nodiscard]] CopyWork work_of(const CopyRequest& clipped) const;
  [[nodiscard]] bool aligned(const CopyRequest& request) const;

  Volume& volume_;
  CopyWorker& worker_;
};

}  // namespace zonecopy::zonefs
