// Truncations to 0 that open(2) was asked for by O_TRUNC and that are carried out late (ZONECOPY_IOC_TRUNCATE_LATER in
// include/zonecopy/ioctl.h). Until then the file has its old contents, so that a clone that turns out to be impossible
// has cost nothing.
#pragma once

#include "zonefs/core/attributes.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/truncate.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// Whether somebody's open has asked for a truncation that is not carried out yet: the file is empty for all others.
[[nodiscard]] bool owes_truncation(const Volume& volume, FileNumber number);

/// On the loop's thread only; the arguments of the constructor must outlive it.
class LateTruncates {
 public:
  LateTruncates(Volume& volume, NodeAttributes& attributes, Truncater& truncater)
      : volume_(volume), attributes_(attributes), truncater_(truncater) {}

  /// From now on the file of `open_file` is owed a truncation to 0. EBADF: it was not opened for writing. EPERM, EROFS:
  /// the file could not be truncated now. Nothing is owed to a conventional file, which has no size to lose.
  Status owe(OpenFile& open_file);
  /// A clone into `open_file` was refused: its close no longer truncates, and what others do to the file does not
  /// either. What is written through it still does.
  void keep_old(OpenFile& open_file);
  /// Whether a change of the file, through `open_file` (may be null), has to truncate it first.
  [[nodiscard]] bool owed(FileNumber number, const OpenFile* open_file) const;
  /// Attributes of a file as they look to others: while the last close truncates it, it is empty already, since close(2)
  /// does not wait for that.
  [[nodiscard]] Attributes seen_by_others(FileNumber number, Attributes attributes) const;
  [[nodiscard]] bool none() const { return volume_.owed_truncates.empty(); }
  /// Truncates, where that is owed. The errors are those of NodeAttributes::may_change and Truncater::truncate, or EINTR:
  /// cancelled; it is still owed then. `open_file` and `cancel` may be null, and must outlive the await.
  Task<Status> pay(FileNumber number, OpenFile* open_file, std::int32_t pid, const CancelToken* cancel);
  /// The file was truncated to 0: whoever asked for it before has got it.
  void settle(FileNumber number);
  /// Pays what `open_file` owes as it is closed, and forgets it. An error is logged, as nobody waits for it.
  Task<void> close(OpenFile& open_file);

 private:
  Volume& volume_;
  NodeAttributes& attributes_;
  Truncater& truncater_;
};

}  // namespace zonecopy::zonefs
