// Recovery after a failed write, copy, close or read: reports the zone, corrects the file's size, then applies the
// errors= policy. The rules are those of zonefs.rst, "IO error handling", and of fs/zonefs/super.c.
#pragma once

#include <string>

#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; `volume` must outlive it. `cause` must outlive each await.
class Recovery {
 public:
  explicit Recovery(Volume& volume) : volume_(volume) {}

  /// The caller holds the file's lock exclusively. `write`: the failed command was a write, so the policy applies even
  /// where the size is as expected.
  Task<void> after_error(FileNumber number, const Error& cause, bool write);
  /// The caller holds the file's lock as `guard`, in any mode. It is made exclusive first, so the caller must hold no other lock and no buffer that another holder of the file may be waiting for. `guard` must
  /// outlive the await.
  Task<void> after_write_error(FileNumber number, const Error& cause, KeyedLocks::Guard& guard);
  /// The caller holds no lock of the file.
  Task<void> after_read_error(FileNumber number, const Error& cause);
  /// After a failed reset or finish: sets the size to the zone's write pointer, and applies no policy. (zonefs does not
  /// look at the zone then.) The caller holds the file's lock exclusively.
  Task<void> follow_zone(FileNumber number);

  /// Makes the file system read-only until it is remounted rw.
  void set_read_only(const std::string& reason);

 private:
  void apply_policy(FileNumber number, std::uint64_t readable_bytes, const Error& cause);
  void zone_information_failed(FileNumber number, int code, const Error& cause);
  std::uint64_t note_condition(FileNumber number, const Zone& zone);
  void drop_end(FileNumber number, std::uint64_t size_before_bytes);

  Volume& volume_;
};

}  // namespace zonecopy::zonefs
