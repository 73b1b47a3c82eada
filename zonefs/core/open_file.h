// One open(2) of a zone file, and the flags of its requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "zonecopy/cancel.h"
#include "zonefs/core/split_call.h"
#include "zonefs/core/tree.h"

namespace zonecopy::zonefs {

/// The access mode of open(2). `control` is Linux's access mode 3: it needs write permission, and can neither read nor
/// write.
enum class OpenFor : std::uint8_t { reading, control, writing };

/// The bytes that have been copied to a file, for each way (CopyPath).
struct CopyTally {
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::string not_offloaded_because;  ///< of the last copy that was not offloaded; empty if there was none
};

/// Whether O_TRUNC of an open is still to be carried out (late_truncate.h).
enum class LateTruncate : std::uint8_t {
  none,
  owed,             ///< by whatever changes the file next, or by the close
  own_change_only,  ///< only by a change through this open: a clone into it was refused
};

struct OpenFile {
  FileNumber file = 0;
  bool writable = false;
  std::uint64_t number = 0;  ///< of an open for writing of a conventional file: see EmptiedFiles
  /// Set when a write through this open ended early. The kernel may then send a truncate by itself ("compensating
  /// truncate") to the size that it remembers. If that is 0 it must not reset the zone, and if the file is shorter by now
  /// it must not grow. The value is the thread that wrote.
  std::optional<std::int32_t> expect_compensating_truncate_of_pid;
  std::uint64_t size_at_call_start_bytes = 0;
  std::uint32_t writes_in_flight = 0;
  CutCalls cut_reads;
  CutCalls cut_writes;  ///< of a conventional file
  HeldTail tail;        ///< of a sequential file
  LateTruncate late_truncate = LateTruncate::none;
  CopyTally copied;  ///< by copies whose destination was this open file
};

/// The flags of a read or write request.
struct IoFlags {
  bool direct = false;      ///< O_DIRECT
  bool append = false;      ///< O_APPEND
  bool sync = false;        ///< O_SYNC or O_DSYNC, RWF_DSYNC
  bool write_back = false;  ///< the kernel writes back pages of a shared mapping
  std::int32_t pid = 0;
  const CancelToken* cancel = nullptr;  ///< ends a wait for the file with EINTR; a transfer that has begun is completed
};

}  // namespace zonecopy::zonefs
