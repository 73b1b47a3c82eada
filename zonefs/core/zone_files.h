// All files of a mount: their sizes, where their blocks are, and the accounts of the whole (space, open and active zones). Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "zonecopy/zone.h"
#include "zonefs/core/tree.h"
#include "zonefs/core/zone_file.h"

namespace zonecopy::zonefs {

/// Where one part of a file is on the device.
struct Place {
  Lba lba = 0;
  std::uint64_t zone_left_blocks = 0;  ///< to the end of the zone
};

struct FileSystemUsage {
  std::uint32_t block_size_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_free = 0;
  std::uint64_t files = 0;
};

class ZoneFiles {
 public:
  /// `device` outlives this. `files` are in the order of their numbers.
  ZoneFiles(const DeviceInfo& device, std::vector<ZoneFile> files);

  [[nodiscard]] ZoneFile& operator[](FileNumber number) { return files_[number]; }
  [[nodiscard]] const ZoneFile& operator[](FileNumber number) const { return files_[number]; }

  /// Also what follows from a new size or state: the space in use, and whether the zone counts as active.
  void set_size(FileNumber number, std::uint64_t size_bytes);
  /// To be called when what ZoneFile::active() depends on has changed otherwise.
  void account_active(FileNumber number);
  void count_open(int difference) { open_sequential_files_ += static_cast<std::uint32_t>(difference); }

  [[nodiscard]] Place place(FileNumber number, std::uint64_t offset_bytes) const;
  [[nodiscard]] ZoneIndex zone_of(FileNumber number) const { return device_.zone_of(files_[number].start_lba); }
  [[nodiscard]] std::uint64_t block_size_bytes() const { return device_.block_size_bytes; }
  [[nodiscard]] bool whole_blocks(std::uint64_t bytes) const { return bytes % block_size_bytes() == 0; }
  /// In units of 512 bytes, as the kernel names a zone in its messages.
  [[nodiscard]] std::uint64_t start_sector(FileNumber number) const {
    return files_[number].start_lba * block_size_bytes() / 512;
  }

  [[nodiscard]] std::uint64_t largest_file_bytes() const { return largest_file_bytes_; }
  [[nodiscard]] std::uint32_t open_sequential_files() const { return open_sequential_files_; }
  [[nodiscard]] std::uint32_t active_sequential_files() const { return active_sequential_files_; }
  /// All but the count of files.
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
