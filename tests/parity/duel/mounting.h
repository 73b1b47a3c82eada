// A device and its mount, by zonecopyfs or by the kernel's zonefs; and the device's own word about its zones.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/parity/duel/outcome.h"

namespace parity {

enum class Kind : std::uint8_t { ours, kernel };

struct PlaceSpec {
  Kind kind = Kind::ours;
  std::string device;
  std::string mount_point;
  std::string fault_folder;  ///< configfs folder of null_blk; empty: the device cannot be told to fail
  std::string programs;      ///< folder of zonecopyfs, mkfs.zonecopyfs and mount.zonecopyfs
  std::string features;      ///< mkfs -o
  std::string log;           ///< gets what the daemon says
  bool shared = false;       ///< the mount point is a folder of a mount of several devices, which others make and end
};

/// An inode number without what tells the devices of a mount of several apart.
constexpr std::uint64_t device_inode(std::uint64_t inode) { return inode & ((std::uint64_t{1} << 40U) - 1); }

class MountPlace {
 public:
  explicit MountPlace(PlaceSpec spec) : spec_(std::move(spec)) {}

  /// The same content on every device of the same geometry: empty zones, zeros in conventional ones.
  void format();
  /// Options are the kernel's; "strict" is added where it is ours. Failure is an exception: then nothing can be compared.
  void mount(const std::string& options);
  /// Waits until the device is free. A daemon that does not end well (a sanitizer's word) is an exception.
  void unmount();
  [[nodiscard]] Outcome remount(const std::string& options);
  /// Makes a zone read-only or offline, which lasts until format.
  void spoil_zone(bool read_only, std::uint64_t sector);

  /// How many files are open for writing and active; `limits`: and how many can be.
  [[nodiscard]] std::string counters(bool limits) const;
  /// Condition and write pointer of each sequential zone.
  [[nodiscard]] std::string zone_report() const;
  [[nodiscard]] std::uint64_t zone_bytes() const;

  [[nodiscard]] const std::string& mount_point() const { return spec_.mount_point; }
  [[nodiscard]] const PlaceSpec& spec() const { return spec_; }

 private:
  struct BadZone {
    bool read_only;
    std::uint64_t sector;
  };

  void start_daemon(const std::string& options);
  void write_setting(const char* name, const std::string& value) const;

  PlaceSpec spec_;
  pid_t daemon_ = -1;
  std::vector<BadZone> bad_zones_;
};

/// While it lives, reads and writes of these sectors fail. No sectors: nothing happens.
class FaultySectors {
 public:
  FaultySectors(const MountPlace& place, std::uint64_t first, std::uint64_t count);
  ~FaultySectors();
  FaultySectors(const FaultySectors&) = delete;
  FaultySectors& operator=(const FaultySectors&) = delete;

 private:
  std::string file_;
  std::string range_;
};

}  // namespace parity
