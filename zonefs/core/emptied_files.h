// Conventional files that were truncated to 0 by who has them open. Pure.
//
// Such a file keeps its size and its old contents, as a block device does. But who has truncated it relies on finding
// zeros where he writes nothing: cp(1) skips the holes of a sparse file. So it is kept in mind how far the file has been
// written since, and a write behind that fills the gap with zeros. This concerns those who have opened the file since;
// when somebody writes who had it open before, as a data base may, nobody's gaps are filled any more.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "zonefs/core/tree.h"

namespace zonecopy::zonefs {

class EmptiedFiles {
 public:
  /// The file is opened for writing. Returns the number of this open.
  std::uint64_t opened(FileNumber number) {
    const auto found = emptied_.find(number);
    if (found != emptied_.end()) ++found->second.openers;
    return last_open_[number] = ++opens_;
  }
  void closed(FileNumber number, std::uint64_t open) {
    const auto found = emptied_.find(number);
    if (found != emptied_.end() && open >= found->second.first_open && --found->second.openers == 0) {
      emptied_.erase(found);
    }
    const auto last = last_open_.find(number);
    if (last != last_open_.end() && last->second == open) last_open_.erase(last);
  }
  /// The file was truncated to 0 by `open`, or where that is 0 by the last open, of which the kernel sends O_TRUNC as a
  /// request of its own.
  void empty(FileNumber number, std::uint64_t open) {
    const auto last = last_open_.find(number);
    if (open == 0 && last != last_open_.end()) open = last->second;
    if (open != 0) emptied_[number] = Emptied{0, open, 1};
  }
  /// A write, or a copy into the file, begins through `open`, or 0 for a mapping.
  void begins(FileNumber number, std::uint64_t open) {
    const auto found = emptied_.find(number);
    if (found != emptied_.end() && open < found->second.first_open) emptied_.erase(found);
  }
  /// How far the file was written since it was emptied; nothing if it was not.
  [[nodiscard]] std::optional<std::uint64_t> written_bytes(FileNumber number) const {
    const auto found = emptied_.find(number);
    if (found == emptied_.end()) return std::nullopt;
    return found->second.written_bytes;
  }
  void wrote(FileNumber number, std::uint64_t end_bytes) {
    const auto found = emptied_.find(number);
    if (found != emptied_.end() && found->second.written_bytes < end_bytes) found->second.written_bytes = end_bytes;
  }

 private:
  struct Emptied {
    std::uint64_t written_bytes = 0;
    std::uint64_t first_open = 0;  ///< the number of the open that has truncated the file
    std::uint32_t openers = 1;     ///< how many from that one on are still open
  };
  std::unordered_map<FileNumber, Emptied> emptied_;
  std::unordered_map<FileNumber, std::uint64_t> last_open_;  ///< of files that are open for writing
  std::uint64_t opens_ = 0;
};

}  // namespace zonecopy::zonefs
