#include "zonefs/core/file_end.h"

#include <algorithm>

namespace zonecopy::zonefs {

FileEnd* FileEnds::find(FileNumber number) {
  if (ends_.empty()) return nullptr;  // the usual case
  const auto found = ends_.find(number);
  return found == ends_.end() ? nullptr : &found->second;
}

const FileEnd* FileEnds::find(FileNumber number) const { return const_cast<FileEnds*>(this)->find(number); }

std::uint64_t FileEnds::size_bytes(FileNumber number) const {
  const FileEnd* const end = find(number);
  return end == nullptr ? 0 : end->size_bytes();
}

std::uint64_t FileEnds::tail_bytes(FileNumber number) const {
  const FileEnd* const end = find(number);
  return end == nullptr ? 0 : end->tail.size();
}

void FileEnds::advance(FileNumber number, std::uint64_t gained_bytes, std::span<const std::byte> tail) {
  if (ends_.empty() && tail.empty()) return;
  FileEnd& end = ends_[number];
  end.zeros_bytes -= std::min(end.zeros_bytes, gained_bytes);
  end.tail.assign(tail.begin(), tail.end());
  end.written = true;
  if (end.size_bytes() == 0) ends_.erase(number);
}

void FileEnds::hold(FileNumber number, std::span<const std::byte> data) {
  if (data.empty()) return;
  FileEnd& end = ends_[number];
  end.zeros_bytes -= std::min<std::uint64_t>(end.zeros_bytes, data.size());
  end.tail.insert(end.tail.end(), data.begin(), data.end());
  end.written = true;
}

void FileEnds::extend(FileNumber number, std::uint64_t zeros_bytes) {
  FileEnd& end = ends_[number];
  end.zeros_bytes = zeros_bytes;
  end.written = false;
}

}  // namespace zonecopy::zonefs
