// Zeros that ftruncate(2) has asked for, of a file that the last writer has closed without writing anything else.
//
// qemu-img(1) and others make a file as long as it is to be, close it, and open it again to write it from its start. So
// such zeros are not written at once, but when nobody has opened the file for writing for a moment, at fsync, or when
// the mount ends.
#pragma once

#include <cstdint>
#include <map>

#include "zonecopy/sync.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/stream_writer.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// On the loop's thread only; what is passed to the constructor must outlive it.
class LateZeros {
 public:
  LateZeros(Volume& volume, Recovery& recovery, StreamWriter& stream)
      : volume_(volume), recovery_(recovery), stream_(stream) {}

  /// Whether what the file has behind its write pointer can wait.
  [[nodiscard]] bool may_wait(FileNumber number) const;
  /// The last writer has closed the file, which may_wait().
  void leave(FileNumber number);
  /// Does what the last close does to an end (StreamWriter::end_of_writing), and recovers the file where that fails.
  /// `guard` holds the file's lock in Mode::write or exclusively, and must outlive the await.
  Task<void> end_now(FileNumber number, KeyedLocks::Guard& guard);
  /// Writes all that is left. Nothing may be left after it was called.
  Task<void> finish();

 private:
  Task<void> look_now_and_then();
  Task<void> end_pause();
  Task<void> write_zeros(FileNumber number);

  Volume& volume_;
  Recovery& recovery_;
  StreamWriter& stream_;
  std::map<FileNumber, std::uint64_t> left_;  ///< and before which look
  std::uint64_t looks_ = 0;
  RingOperation* pause_ = nullptr;
  bool looking_ = false;
  bool finishing_ = false;
  Gate running_;
};

}  // namespace zonecopy::zonefs
