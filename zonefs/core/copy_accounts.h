// What has been copied to a device: by whom the data was moved, from which device it came, and why it was not offloaded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "zonecopy/copy.h"
#include "zonefs/core/open_file.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

/// What a copy has come to. All numbers are of this copy alone.
struct CopyDone {
  std::uint64_t bytes = 0;  ///< from the first piece on
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t commands = 0;
  std::string not_offloaded_because;  ///< empty if all was offloaded
  std::optional<Error> error;         ///< what stopped it, with the errno for the caller
};

/// The bytes that have come to a device from one of the mount, for each way (CopyPath).
struct BytesFrom {
  std::string device;  ///< the name of its folder
  std::uint64_t offloaded = 0;
  std::uint64_t kernel = 0;
  std::uint64_t emulated = 0;
  friend bool operator==(const BytesFrom&, const BytesFrom&) = default;
};

/// What a mount has copied to a device so far. CopyPath explains the three ways.
struct CopyCounters {
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t copies_offloaded = 0;  ///< copy requests that were offloaded completely
  std::uint64_t copies_kernel = 0;     ///< copy requests of which the kernel moved a part and none was emulated
  std::uint64_t copies_emulated = 0;   ///< copy requests of which a part was emulated
  std::string last_fallback;           ///< why the last copy that was not offloaded was not; empty if all were
};

/// On the loop's thread only; `volume`, the destination's, must outlive it.
class CopyAccounts {
 public:
  explicit CopyAccounts(Volume& volume) : volume_(volume) {}

  /// A copy has ended; `tally` is that of the open file it went to, or null.
  void count(const CopyDone& done, CopyTally* tally);
  /// Bytes of it have come from `source`.
  void count_from(const Volume& source, const CopyReport& report, std::uint64_t loose_bytes);
  /// Why a copy was not offloaded, or was refused before it began. Each reason is logged once.
  void note_reason(const std::string& reason);

  [[nodiscard]] const CopyCounters& counters() const { return counters_; }
  /// Of the bytes copied to this device those from each of the mount, where it has several; in the order of their names.
  [[nodiscard]] std::vector<BytesFrom> bytes_from() const;

 private:
  Volume& volume_;
  CopyCounters counters_;
  std::map<const Volume*, BytesFrom> from_;
  std::set<std::string> told_;
};

}  // namespace zonecopy::zonefs
