// Conventional files that were truncated to 0 while somebody writes them. Pure.
//
// Such a file keeps its size and its old contents, as a block device does. But who has truncated it relies on finding
// zeros where he writes nothing: cp(1) skips the holes of a sparse file. So it is kept in mind how far the file has been
// written since, and a write behind that fills the gap with zeros.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "zonefs/core/tree.h"

namespace zonecopy::zonefs {

class EmptiedFiles {
 public:
  void empty(FileNumber number) { written_bytes_[number] = 0; }
  /// How far the file was written since it was emptied; nothing if it was not.
  [[nodiscard]] std::optional<std::uint64_t> written_bytes(FileNumber number) const {
    const auto found = written_bytes_.find(number);
    if (found == written_bytes_.end()) return std::nullopt;
    return found->second;
  }
  void wrote(FileNumber number, std::uint64_t end_bytes) {
    const auto found = written_bytes_.find(number);
    if (found != written_bytes_.end() && found->second < end_bytes) found->second = end_bytes;
  }
  void forget(FileNumber number) { written_bytes_.erase(number); }

 private:
  std::unordered_map<FileNumber, std::uint64_t> written_bytes_;
};

}  // namespace zonecopy::zonefs
