#include "zonefs/core/zone_files.h"

#include <algorithm>

namespace zonecopy::zonefs {

ZoneFiles::ZoneFiles(const DeviceInfo& device, std::vector<ZoneFile> files)
    : device_(device), files_(std::move(files)) {
  for (FileNumber number = 0; number < files_.size(); ++number) {
    const ZoneFile& file = files_[number];
    account_active(number);
    used_bytes_ += file.size_bytes;
    capacity_bytes_ += file.capacity_bytes;
    largest_file_bytes_ = std::max(largest_file_bytes_, file.capacity_bytes);
  }
}

void ZoneFiles::set_size(FileNumber number, std::uint64_t size_bytes) {
  ZoneFile& file = files_[number];
  used_bytes_ = used_bytes_ - file.size_bytes + size_bytes;
  file.size_bytes = size_bytes;
  account_active(number);
}

void ZoneFiles::grow_to(FileNumber number, std::uint64_t end_bytes) {
  if (end_bytes >= files_[number].capacity_bytes) files_[number].zone_open = false;
  set_size(number, end_bytes);
}

void ZoneFiles::account_active(FileNumber number) {
  ZoneFile& file = files_[number];
  if (file.active() == file.counted_active) return;
  file.counted_active = !file.counted_active;
  active_sequential_files_ += file.counted_active ? 1 : -1;
}

Mapping ZoneFiles::map(FileNumber number, std::uint64_t offset_bytes) const {
  const Lba lba = files_[number].start_lba + offset_bytes / device_.block_size_bytes;
  const Lba zone_end_lba =
      std::min(device_.zone_start(device_.zone_of(lba)) + device_.zone_size_blocks, device_.capacity_blocks);
  return Mapping{lba, zone_end_lba - lba};
}

FileSystemUsage ZoneFiles::usage() const {
  FileSystemUsage usage;
  usage.block_size_bytes = device_.block_size_bytes;
  usage.blocks = capacity_bytes_ / usage.block_size_bytes;
  usage.blocks_free = usage.blocks - std::min(usage.blocks, used_bytes_ / usage.block_size_bytes);
  return usage;
}

}  // namespace zonecopy::zonefs
