// Gathering: many ranges of files go, in order, to the end of one (ZONECOPY_IOC_GATHER in include/zonecopy/ioctl.h).
// Checks the request, and has it carried out.
#pragma once

#include <optional>
#include <vector>

#include "zonefs/core/copy_work.h"

namespace zonecopy::zonefs {

struct GatherRequest {
  std::vector<CopyPiece> pieces;
  FileNumber destination = 0;
  /// Where the first byte has to go; only a conventional file needs it. None: the end of the file.
  std::optional<std::uint64_t> offset_bytes;
  bool only_offload = false;    ///< as with copy=offload
  bool background = false;      ///< other operations go first
  OpenFile* through = nullptr;  ///< the open file of the destination
};

struct GatherAnswer {
  std::uint64_t offset_bytes = 0;  ///< where the first byte went; 0 where nothing was begun
  CopyDone done;
  std::vector<std::uint64_t> copied_bytes;  ///< of each piece
  std::size_t failed = 0;                   ///< the first piece that was not copied whole; their number if all were
  int code = 0;                             ///< its errno; 0 if all were copied
};

/// An answer to a request that was refused, because of its piece `failed`.
[[nodiscard]] GatherAnswer refused_gather(const GatherRequest& request, std::size_t failed, int code);

/// On the loop's thread only; what is passed to the constructor must outlive it.
class Gatherer {
 public:
  Gatherer(Volume& volume, CopyWorker& worker) : volume_(volume), worker_(worker) {}

  /// The locks are taken here, as by Copier::copy_range. Nothing is done at all where a piece ends behind the end of its
  /// file (EINVAL), overlaps with what would be written (EINVAL), is on a device with another block size (EINVAL), the offset is not the end of a sequential file or is
  /// missing (EINVAL), a zone is read-only or offline (EPERM), or the mount is read-only (EROFS). Under strict all has to
  /// be whole blocks (EINVAL). The pieces that fit whole are copied; EFBIG for the one that does not. The other errors
  /// are those of CopyWorker. `request.through` and `cancel` (may be null) must outlive the await.
  Task<GatherAnswer> gather(GatherRequest request, const CancelToken* cancel);
  /// The answer to a request that would be refused now if the destination ended at `end_bytes`.
  [[nodiscard]] std::optional<GatherAnswer> foreseen_refusal(const GatherRequest& request,
                                                             std::uint64_t end_bytes) const;

 private:
  struct Refusal {
    std::size_t piece = 0;
    int code = 0;
  };
  [[nodiscard]] CopyMode mode_of(const GatherRequest& request) const {
    return request.only_offload ? CopyMode::offload : volume_.options.copy.mode;
  }
  [[nodiscard]] CopyWork work_of(const GatherRequest& request, std::uint64_t offset_bytes) const;
  [[nodiscard]] std::optional<GatherAnswer> refusal_to_offload(const GatherRequest& request,
                                                               std::uint64_t end_bytes) const;
  Task<GatherAnswer> gather_now(GatherRequest request, const CancelToken* cancel);
  Task<GatherAnswer> gather_by_and_by(GatherRequest request, const CancelToken* cancel);
  GatherAnswer tell(const GatherAnswer& refused);
  Task<LockSet> lock(const GatherRequest& request, const CancelToken* cancel);
  [[nodiscard]] KeyedLocks::Mode destination_mode(const GatherRequest& request) const;
  [[nodiscard]] int objection_to_destination(const GatherRequest& request, std::uint64_t end_bytes) const;
  [[nodiscard]] int objection_to_piece(const CopyPiece& piece) const;
  [[nodiscard]] std::optional<Refusal> refusal(const GatherRequest& request, std::uint64_t end_bytes) const;
  [[nodiscard]] std::size_t pieces_that_fit(const GatherRequest& request, std::uint64_t offset_bytes) const;

  Volume& volume_;
  CopyWorker& worker_;
};

}  // namespace zonecopy::zonefs
