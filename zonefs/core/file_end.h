// What a sequential file has behind the write pointer of its zone: bytes that fill no block yet. Pure.
//
// A zone takes whole blocks, but a program may write any number of bytes. What fills no block is kept in memory until
// more comes, or until the file is synced or closed (StreamWriter). It is part of the file's size and of reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "zonefs/core/tree.h"

namespace zonecopy::zonefs {

struct FileEnd {
  std::vector<std::byte> tail;    ///< less than a block, from the write pointer on
  std::uint64_t zeros_bytes = 0;  ///< zeros behind the tail that are still to be written, as ftruncate(2) asked for
  bool written = false;           ///< data was written since ftruncate(2) asked for the zeros
  bool ending = false;            ///< the last writer has closed the file, and it is being looked after

  [[nodiscard]] std::uint64_t size_bytes() const { return tail.size() + zeros_bytes; }
};

/// The ends of all files that have one: files that somebody has open for writing, or had a moment ago (LateZeros).
class FileEnds {
 public:
  /// Null where the file has none.
  [[nodiscard]] FileEnd* find(FileNumber number);
  [[nodiscard]] const FileEnd* find(FileNumber number) const;
  [[nodiscard]] std::uint64_t size_bytes(FileNumber number) const;
  [[nodiscard]] std::uint64_t tail_bytes(FileNumber number) const;

  /// The file has gained `gained_bytes` of data, of which `tail` is what did not go to the zone. So many zeros fewer are
  /// still to be written.
  void advance(FileNumber number, std::uint64_t gained_bytes, std::span<const std::byte> tail);
  /// The same for data that is all held, behind the tail.
  void hold(FileNumber number, std::span<const std::byte> data);
  /// The end of the data is followed by this number of zeros.
  void extend(FileNumber number, std::uint64_t zeros_bytes);
  /// Somebody else has it open for writing, so that it does not end yet.
  void go_on(FileNumber number) {
    if (FileEnd* const end = find(number)) end->ending = false;
  }
  void drop(FileNumber number) { ends_.erase(number); }

 private:
  std::unordered_map<FileNumber, FileEnd> ends_;
};

}  // namespace zonecopy::zonefs
