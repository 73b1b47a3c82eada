// All files of a mount: their sizes, the mapping from offsets to LBAs, and the sums over all files (space in use, open
// and active zones). Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "zonecopy/zone.h"
#include "zonefs/core/file_end.h"
#include "zonefs/core/tree.h"
#include "zonefs/core/zone_file.h"

namespace zonecopy::zonefs {

/// The mapping of an offset in a file to the device.
struct Mapping {
  Lba lba = 0;
  std::uint64_t zone_left_blocks = 0;  ///< blocks from `lba` to the end of the zone
};

struct FileSystemUsage {
  std::uint32_t block_size_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_free = 0;
  std::uint64_t files = 0;
};

class ZoneFiles {
 public:
  /// `device` must outlive this. `files` are in the order of their numbers.
  ZoneFiles(const DeviceInfo& device, std::vector<ZoneFile> files);

  [[nodiscard]] ZoneFile& operator[](FileNumber number) { return files_[number]; }
  [[nodiscard]] const ZoneFile& operator[](FileNumber number) const { return files_[number]; }

  FileEnds ends;  ///< what files have behind their write pointers

  /// The size as stat(2) tells it.
  [[nodiscard]] std::uint64_t size_bytes(FileNumber number) const {
    return files_[number].size_bytes + ends.size_bytes(number);
  }
  /// Where the data of a sequential file ends that was written or is held in memory.
  [[nodiscard]] std::uint64_t data_end_bytes(FileNumber number) const {
    return files_[number].size_bytes + ends.tail_bytes(number);
  }
  /// Sets ZoneFile::size_bytes, and updates the space in use and the count of active zones.
  void set_size(FileNumber number, std::uint64_t size_bytes);
  /// The write pointer of a sequential file has come to `end_bytes`. A zone that is full is open no more.
  void grow_to(FileNumber number, std::uint64_t end_bytes);
  /// Updates the count of active zones. Call it after any other change that ZoneFile::active() depends on.
  void account_active(FileNumber number);
  void count_open(int difference) { open_sequential_files_ += static_cast<std::uint32_t>(difference); }

  [[nodiscard]] Mapping map(FileNumber number, std::uint64_t offset_bytes) const;
  [[nodiscard]] ZoneIndex zone_of(FileNumber number) const { return device_.zone_of(files_[number].start_lba); }
  [[nodiscard]] std::uint64_t block_size_bytes() const { return device_.block_size_bytes; }
  [[nodiscard]] bool whole_blocks(std::uint64_t bytes) const { return bytes % block_size_bytes() == 0; }
  /// The start of the file's zone in units of 512 bytes, by which the kernel names zones in messages.
  [[nodiscard]] std::uint64_t start_sector(FileNumber number) const {
    return files_[number].start_lba * block_size_bytes() / 512;
  }

  [[nodiscard]] std::uint64_t largest_file_bytes() const { return largest_file_bytes_; }
  [[nodiscard]] std::uint32_t open_sequential_files() const { return open_sequential_files_; }
  [[nodiscard]] std::uint32_t active_sequential_files() const { return active_sequential_files_; }
  /// Everything but the number of files, which is 0.
  [[nodiscard]] FileSystemUsage usage() const;

 private:
  const DeviceInfo& device_;
  std::vector<ZoneFile> files_;
  std::uint32_t open_sequential_files_ = 0;
  std::uint32_t active_sequential_files_ = 0;
  std::uint64_t used_bytes_ = 0;
  std::uint64_t capacity_bytes_ = 0;
  std::uint64_t largest_file_bytes_ = 0;
};

}  // namespace zonecopy::zonefs
