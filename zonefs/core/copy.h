// copy_file_range between zone files: the checks, then the copy engine, then the accounts.
#pragma once

#include <string>
#include <vector>

#include "zonecopy/copy.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

struct CopyRequest {
  FileNumber source = 0;
  std::uint64_t source_offset_bytes = 0;
  FileNumber destination = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
  OpenFile* through = nullptr;  ///< the destination's open, which counts the copy as well; it outlives the call
};

/// What a mount has copied.
struct CopyCounters {
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t copies_offloaded = 0;  ///< copy requests of which all was offloaded
  std::uint64_t copies_kernel = 0;     ///< of which the kernel below moved some, and none was emulated
  std::uint64_t copies_emulated = 0;   ///< copy requests of which some was emulated
  std::string last_fallback;           ///< why the last copy that was not offloaded was not; empty if none
};

class Copier {
 public:
  /// Longest copy: the reply of FUSE has 32 bits, and a copy ends on a page.
  static constexpr std::uint64_t copy_max_bytes = 0xfffff000;

  Copier(Volume& volume, Recovery& recovery) : volume_(volume), recovery_(recovery) {}

  /// Bytes copied (0 at the end of the source). zonecopyfs(8), "COPYING", has the errors.
  Task<Result<std::uint64_t>> copy_range(CopyRequest request, const CancelToken* cancel);
  [[nodiscard]] const CopyCounters& counters() const { return counters_; }

 private:
  Result<CopyRequest> clip(CopyRequest request) const;
  [[nodiscard]] std::vector<CopyJob> jobs_of(const CopyRequest& request) const;
  Task<CopyReport> run(CopyRequest request, const CancelToken* cancel);
  void count(const CopyReport& report, CopyTally* tally);

  Volume& volume_;
  Recovery& recovery_;
  CopyCounters counters_;
};

}  // namespace zonecopy::zonefs
