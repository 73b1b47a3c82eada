// One open(2) of a zone file, and how its requests were asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "zonecopy/cancel.h"
#include "zonefs/core/split_call.h"
#include "zonefs/core/tree.h"

namespace zonecopy::zonefs {

/// What open(2) is for. `control` is Linux's access mode 3: it needs leave to write, and neither reads nor writes.
enum class OpenFor : std::uint8_t { reading, control, writing };

/// What has been copied to a file, by the way it took (CopyPath).
struct CopyTally {
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::string not_offloaded_because;  ///< of the last copy that was not offloaded; empty if there was none
};

struct OpenFile {
  FileNumber file = 0;
  bool writable = false;
  /// A write through this open ended early while the kernel still took the file for empty: it may now send a truncate
  /// to 0 of its own accord ("compensating truncate"), which must not reset the zone. By the process that wrote.
  std::optional<std::int32_t> expect_compensating_truncate_of_pid;
  std::uint64_t size_at_call_start_bytes = 0;
  std::uint32_t writes_in_flight = 0;
  CutCalls cut_reads;
  CutCalls cut_writes;  ///< to a conventional file
  HeldTail tail;        ///< of a write to a sequential file
  CopyTally copied;     ///< by calls whose destination was this open
};

/// How a read or write was asked for.
struct IoFlags {
  bool direct = false;      ///< O_DIRECT
  bool append = false;      ///< O_APPEND
  bool sync = false;        ///< O_SYNC or O_DSYNC, RWF_DSYNC
  bool write_back = false;  ///< the kernel writes back pages of a shared mapping
  std::int32_t pid = 0;
  const CancelToken* cancel = nullptr;  ///< ends a wait for the file with EINTR; what has begun is completed
};

}  // namespace zonecopy::zonefs
