#include "src/device/dm/kernel_pointers.h"

#include <fmt/format.h>
#include <linux/blkzoned.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

#include "zonecopy/buffer.h"

namespace zonecopy::dm {
namespace {

constexpr std::uint32_t batch_zones = 1024;
constexpr std::uint64_t sector_bytes = 512;

/// The zones from `first_sector` on, at most `count`. None where they cannot be reported.
std::vector<blk_zone> report(int fd, std::uint64_t first_sector, std::uint32_t count) {
  std::vector<std::byte> bytes(sizeof(blk_zone_report) + count * sizeof(blk_zone));
  blk_zone_report header{};
  header.sector = first_sector;
  header.nr_zones = count;
  std::memcpy(bytes.data(), &header, sizeof header);
  if (ioctl(fd, BLKREPORTZONE, bytes.data()) != 0) return {};
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<blk_zone> zones(header.nr_zones);
  if (!zones.empty()) std::memcpy(zones.data(), bytes.data() + sizeof header, zones.size() * sizeof(blk_zone));
  return zones;
}

bool is_active(const blk_zone& zone) {
  return zone.type != BLK_ZONE_TYPE_CONVENTIONAL &&
         (zone.cond == BLK_ZONE_COND_IMP_OPEN || zone.cond == BLK_ZONE_COND_EXP_OPEN ||
          zone.cond == BLK_ZONE_COND_CLOSED);
}

/// The drive's pointer now. ~0 for a full zone.
std::optional<std::uint64_t> pointer_of(int fd, std::uint64_t zone_sector) {
  const std::vector<blk_zone> zones = report(fd, zone_sector, 1);
  if (zones.empty()) return std::nullopt;
  return zones.front().cond == BLK_ZONE_COND_FULL ? ~std::uint64_t{0} : zones.front().wp;
}

}  // namespace

KernelPointers::KernelPointers(int fd) {
  std::uint64_t next_sector = 0;
  for (;;) {
    const std::vector<blk_zone> zones = report(fd, next_sector, batch_zones);
    if (zones.empty()) return;
    for (const blk_zone& zone : zones) {
      if (is_active(zone) && zone.wp != zone.start) places_.push_back({zone.start, zone.wp});
    }
    next_sector = zones.back().start + zones.back().len;
  }
}

void KernelPointers::put_right(int fd) const {
  int block_bytes = 0;
  if (ioctl(fd, BLKFLSBUF) != 0 || ioctl(fd, BLKSSZGET, &block_bytes) != 0 || block_bytes <= 0) return;
  const Buffer block(static_cast<std::size_t>(block_bytes));
  for (const Place& place : places_) {
    const std::optional<std::uint64_t> now = pointer_of(fd, place.zone_sector);
    if (!now || *now == place.pointer_sector) continue;
    // The drive refuses this write, as it is not at its pointer. It carries what is there already, so that nothing would
    // be lost if it did not.
    const auto offset_bytes = static_cast<off_t>(place.pointer_sector * sector_bytes);
    if (pread(fd, block.data(), block.size(), offset_bytes) != static_cast<ssize_t>(block.size())) continue;
    if (pwrite(fd, block.data(), block.size(), offset_bytes) < 0) report(fd, place.zone_sector, 1);
  }
}

bool kernel_pointers_can_be_put_right(dev_t below) {
  utsname system{};
  int major_version = 0;
  int minor_version = 0;
  if (uname(&system) != 0 || sscanf(system.release, "%d.%d", &major_version, &minor_version) != 2) return false;
  const bool kernel_keeps_pointers = major_version > 6 || (major_version == 6 && minor_version >= 10);
  std::error_code failure;
  const std::filesystem::path entry = fmt::format("/sys/dev/block/{}:{}", major(below), minor(below));
  const std::string disk = std::filesystem::canonical(entry, failure).string();
  const bool multipath = disk.find("/nvme-subsystem/") != std::string::npos;
  return kernel_keeps_pointers && !failure && !multipath;
}

}  // namespace zonecopy::dm
