// One zone file: what a log can do with a zone. It is written at its end only, read anywhere, and emptied as a whole.
//
// The size of the file is the write pointer of the zone, and the file system keeps it whatever happens: after a crash the
// file ends where the last write that reached the device did. So the log needs no table of its own of what was written.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace log_store {

class ZoneFile {
 public:
  /// Opens it for reading. A zone is opened for writing only while it is written: drives have few open zones to give.
  static zonecopy::Result<std::unique_ptr<ZoneFile>> open(std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] std::uint64_t capacity_bytes() const { return capacity_bytes_; }
  [[nodiscard]] std::uint64_t room_bytes() const { return capacity_bytes_ - size_bytes_; }
  [[nodiscard]] std::uint64_t block_bytes() const { return block_bytes_; }
  /// Whether something may not be durable yet.
  [[nodiscard]] bool is_dirty() const { return changes_ != changes_synced_; }

  [[nodiscard]] int read_descriptor() const { return read_.get(); }
  /// Opens the file for writing, unless it is. The caller writes at size_bytes() and then calls was_written().
  zonecopy::Result<int> write_descriptor();
  /// Asks where the file ends now, after a write through a descriptor.
  zonecopy::Status was_written();

  /// Whole blocks at the end, with O_DIRECT. A part may have been written if it fails.
  zonecopy::Status append(std::span<const std::byte> data);
  /// Fills `data`, or is an error.
  zonecopy::Status read(std::uint64_t offset_bytes, std::span<std::byte> data) const;
  /// Makes durable what was written. Several threads may call it, also beside an append().
  zonecopy::Status sync();
  /// Nothing more will be written: the zone is finished, if `finish`, so that the drive can forget that it was active.
  zonecopy::Status seal(bool finish);
  /// Empties the file, which resets the zone; durable when it returns.
  zonecopy::Status reset();

 private:
  explicit ZoneFile(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] zonecopy::Error make_error(int code, const char* operation, std::string detail = {}) const;

  std::string path_;
  zonecopy::FileDescriptor read_;
  zonecopy::FileDescriptor write_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t capacity_bytes_ = 0;
  std::uint64_t block_bytes_ = 0;
  std::atomic<std::uint64_t> changes_ = 1;  // whoever wrote it before may not have waited until it was durable
  std::atomic<std::uint64_t> changes_synced_ = 0;
};

}  // namespace log_store
