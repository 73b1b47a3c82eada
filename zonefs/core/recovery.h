// After a failed write, copy, close or read: the zone is reported again and the file corrected, then the errors= policy
// applies. The rules are those of zonefs.rst, "IO error handling", and of fs/zonefs/super.c.
#pragma once

#include <string>

#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

class Recovery {
 public:
  explicit Recovery(Volume& volume) : volume_(volume) {}

  /// Of a file that the caller has for itself. `write`: it was a write, so that the file is corrected even where its size
  /// is as expected.
  Task<void> after_error(FileNumber number, const Error& cause, bool write);
  /// Of a file that the caller writes to (Mode::write), or to which others write beside it: takes it for itself first.
  /// The caller holds no other lock and no memory that somebody who has the file may be waiting for.
  Task<void> after_write_error(FileNumber number, const Error& cause, KeyedLocks::Guard& guard, KeyedLocks::Mode mode);
  /// Of a file of which the caller holds nothing any more.
  Task<void> after_read_error(FileNumber number, const Error& cause);
  /// After a reset or finish that failed half-way: the file is as long as the zone says, and no policy applies. zonefs does
  /// not look. The caller has the file for itself.
  Task<void> follow_zone(FileNumber number);

  /// Nothing can be changed any more until the mount is remounted rw.
  void set_read_only(const std::string& reason);

 private:
  void apply_policy(FileNumber number, std::uint64_t readable_bytes, const Error& cause);
  void zone_information_failed(FileNumber number, int code, const Error& cause);
  std::uint64_t note_condition(FileNumber number, const Zone& zone);

  Volume& volume_;
};

}  // namespace zonecopy::zonefs
