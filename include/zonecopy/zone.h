// Zones and the properties of a zoned device, in the words of ZBC and of the NVMe Zoned Namespace command set. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace zonecopy {

using Lba = std::uint64_t;        ///< address of a logical block of a device
using ZoneIndex = std::uint32_t;  ///< number of a zone of a device, from 0

enum class ZoneType : std::uint8_t { conventional, sequential_required, sequential_preferred };

/// Zone condition (ZBC-2, 4.4.2.3) or zone state (NVMe ZNS 1.1, 2.1.1.2).
enum class ZoneCondition : std::uint8_t {
  not_write_pointer,  ///< a conventional zone
  empty,
  implicit_open,
  explicit_open,
  closed,
  full,
  read_only,
  offline,
};

[[nodiscard]] std::string_view to_string(ZoneType type);
/// "empty", "implicit-open", …: the words `zonecopy report` prints.
[[nodiscard]] std::string_view to_string(ZoneCondition condition);

[[nodiscard]] constexpr bool is_open(ZoneCondition c) {
  return c == ZoneCondition::implicit_open || c == ZoneCondition::explicit_open;
}
[[nodiscard]] constexpr bool is_active(ZoneCondition c) { return is_open(c) || c == ZoneCondition::closed; }

/// One zone, as in a zone report (NVMe ZNS 1.1, 3.4.2.2.3).
struct Zone {
  ZoneIndex index = 0;
  ZoneType type = ZoneType::sequential_required;
  ZoneCondition condition = ZoneCondition::empty;
  Lba start_lba = 0;
  std::uint64_t length_blocks = 0;
  std::uint64_t capacity_blocks = 0;  ///< writable blocks; at most `length_blocks`
  Lba write_pointer_lba = 0;          ///< not valid for conventional, full, read-only and offline zones

  [[nodiscard]] bool sequential() const { return type != ZoneType::conventional; }
  [[nodiscard]] Lba end_lba() const { return start_lba + capacity_blocks; }  ///< the first block that is not writable
};

/// How many zones may be open and active at once (NVMe ZNS 1.1, 2.1.1.3); 0 means no limit.
struct ResourceLimits {
  std::uint32_t max_open_zones = 0;
  std::uint32_t max_active_zones = 0;
};

/// The limits of one Copy command (NVM Command Set 1.1, 3.2.2; Identify Namespace, MSSRL, MCL and MSRC). All 0 where
/// the device has no Copy.
struct CopyLimits {
  std::uint32_t max_ranges = 0;        ///< source ranges of one command: MSRC + 1
  std::uint32_t max_range_blocks = 0;  ///< blocks of one source range: MSSRL
  std::uint32_t max_total_blocks = 0;  ///< blocks of one command: MCL

  /// Whether a Copy command is possible at all.
  [[nodiscard]] bool available() const { return max_ranges != 0 && max_range_blocks != 0 && max_total_blocks != 0; }
  friend bool operator==(const CopyLimits&, const CopyLimits&) = default;
};

/// Who moves the data of a copy. Counters, results, logs and documents use these three words in the same sense.
enum class CopyPath : std::uint8_t {
  offloaded,  ///< the host moves no data: the drive carries out Copy, or the file system below an image shares extents
  kernel,     ///< the kernel reads and writes the data
  emulated,   ///< this process reads and writes the data
};
/// The enumerator's name.
[[nodiscard]] std::string_view to_string(CopyPath path);

/// How a device copies by itself from a source, which is the device itself or another.
struct CopyRoute {
  CopyPath path = CopyPath::emulated;  ///< the best way that such a copy can take
  CopyLimits limits;                   ///< of one command, those of both devices together; all 0 where path is emulated
  std::string objection;               ///< why the copy is not offloaded; empty where it is
};

enum class DeviceKind : std::uint8_t { image, nvme, block, simulated, linear, remote };
/// The enumerator's name.
[[nodiscard]] std::string_view to_string(DeviceKind kind);

/// Zones of a device of DeviceKind::linear, and the device that they lie on.
struct DevicePiece {
  std::string path;  ///< of the device below
  ZoneIndex first_zone = 0;
  std::uint32_t zone_count = 0;
  ZoneIndex first_zone_below = 0;  ///< the number of `first_zone` on the device below
};

/// The properties of a device. While it is open only the fields about Copy change: the device may turn out to have none
/// (note_refusal).
struct DeviceInfo {
  std::string path;
  DeviceKind kind = DeviceKind::image;
  std::uint32_t block_size_bytes = 4096;
  std::uint64_t zone_size_blocks = 0;  ///< length of every zone; the last one may be shorter
  std::uint32_t zone_count = 0;
  std::uint64_t capacity_blocks = 0;            ///< length of the whole device
  std::uint32_t max_transfer_bytes = 1U << 20;  ///< largest read or write of one call
  std::uint32_t max_append_bytes = 1U << 20;    ///< largest zone append of one call; 0: there is none
  ResourceLimits resource_limits;
  CopyLimits copy_limits;
  std::string copy_mechanism;    ///< how the device copies: "NVMe Copy", "sharing extents (…)"; empty if it does not
  std::string copy_unavailable;  ///< why the device has no Copy; empty if it has
  /// Why the kernel carries out Copy, by moving the data; empty where Copy is offloaded.
  std::string copy_moves_data;
  /// What the device is made of, in order; empty where it is not made of other devices.
  std::vector<DevicePiece> pieces;

  /// The best way that a copy can take.
  [[nodiscard]] CopyPath copy_path() const {
    if (!copy_limits.available()) return CopyPath::emulated;
    return copy_moves_data.empty() ? CopyPath::offloaded : CopyPath::kernel;
  }
  /// Why copies within the device are not offloaded; empty where they are.
  [[nodiscard]] const std::string& copy_objection() const {
    return copy_limits.available() ? copy_moves_data : copy_unavailable;
  }
  [[nodiscard]] ZoneIndex zone_of(Lba lba) const { return static_cast<ZoneIndex>(lba / zone_size_blocks); }
  [[nodiscard]] Lba zone_start(ZoneIndex zone) const { return Lba{zone} * zone_size_blocks; }
};

}  // namespace zonecopy

#pragma GCC visibility pop
