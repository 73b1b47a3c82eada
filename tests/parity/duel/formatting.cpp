// MountPlace: what concerns the bare device.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/blkzoned.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "tests/parity/duel/mounting.h"
#include "tests/parity/duel/program.h"
#include "tests/parity/duel/side.h"

namespace parity {
namespace {

constexpr unsigned zones_max = 64;
constexpr std::uint64_t sector_bytes = 512;

class Device {
 public:
  Device(const std::string& path, int flags) : path_(path), fd_(open(path.c_str(), flags | O_CLOEXEC)) {
    if (fd_ < 0) fail("open");
  }
  ~Device() { close(fd_); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  [[nodiscard]] std::vector<blk_zone> zones() const {
    std::vector<std::uint64_t> room((sizeof(blk_zone_report) + zones_max * sizeof(blk_zone)) / sizeof(std::uint64_t));
    auto* report = reinterpret_cast<blk_zone_report*>(room.data());
    report->nr_zones = zones_max;
    if (ioctl(fd_, BLKREPORTZONE, report) != 0) fail("zone report");
    return {report->zones, report->zones + report->nr_zones};
  }
  void clear(const blk_zone& zone, const PageMemory& zeros) const {
    for (std::uint64_t at = 0; at < zone.len * sector_bytes; at += zeros.size()) {
      if (pwrite(fd_, zeros.data(), zeros.size(), static_cast<off_t>(zone.start * sector_bytes + at)) < 0)
        fail("clearing");
    }
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(fmt::format("{}: {}: {}", path_, what, std::strerror(errno)));
  }
  std::string path_;
  int fd_;
};

}  // namespace

void MountPlace::format() {
  if (spec_.shared) return;
  // The same word again makes a bad zone an empty one.
  for (const BadZone& bad : bad_zones_)
    write_setting(bad.read_only ? "zone_readonly" : "zone_offline", std::to_string(bad.sector));
  bad_zones_.clear();
  {
    const Device device(spec_.device, O_RDWR | O_DIRECT);
    const PageMemory zeros(std::size_t{1} << 20U);
    for (const blk_zone& zone : device.zones()) {
      if (zone.type == BLK_ZONE_TYPE_CONVENTIONAL) device.clear(zone, zeros);
    }
  }
  std::vector<std::string> words = {spec_.programs + "/mkfs.zonecopyfs", "-f", "--uuid",
                                    "12345678-1234-1234-1234-123456789abc"};
  if (!spec_.features.empty()) words.insert(words.end(), {"-o", spec_.features});
  words.push_back(spec_.device);
  const ProgramResult formatted = run_program(words);
  if (formatted.status != 0) throw std::runtime_error("mkfs.zonecopyfs: " + formatted.messages);
}

std::string MountPlace::zone_report() const {
  std::string text;
  for (const blk_zone& zone : Device(spec_.device, O_RDONLY).zones()) {
    if (zone.type == BLK_ZONE_TYPE_CONVENTIONAL) continue;
    // Of a bad zone there is no write pointer.
    const bool bad = zone.cond == BLK_ZONE_COND_READONLY || zone.cond == BLK_ZONE_COND_OFFLINE;
    text += fmt::format("{}:{:x}:{} ", zone.start / zone.len, zone.cond,
                        bad || zone.cond == BLK_ZONE_COND_FULL ? 0 : zone.wp - zone.start);
  }
  return text;
}

std::uint64_t MountPlace::zone_bytes() const { return Device(spec_.device, O_RDONLY).zones().at(0).len * sector_bytes; }

}  // namespace parity
