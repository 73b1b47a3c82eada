// Zones and what a zoned device tells about itself, in the words of ZBC and of the NVMe Zoned Namespace command set.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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

/// One zone as a zone report tells it.
struct Zone {
  ZoneIndex index = 0;
  ZoneType type = ZoneType::sequential_required;
  ZoneCondition condition = ZoneCondition::empty;
  Lba start_lba = 0;
  std::uint64_t length_blocks = 0;
  std::uint64_t capacity_blocks = 0;  ///< writable blocks; at most `length_blocks`
  Lba write_pointer_lba = 0;          ///< meaningless for conventional, full and offline zones

  [[nodiscard]] bool sequential() const { return type != ZoneType::conventional; }
  [[nodiscard]] Lba end_lba() const { return start_lba + capacity_blocks; }
};

/// How many zones may be open and active at once; 0 means without limit.
struct ResourceLimits {
  std::uint32_t max_open_zones = 0;
  std::uint32_t max_active_zones = 0;
};

/// What one Copy command may carry (NVM Command Set 1.1, 3.2.2 and Identify Namespace MSSRL, MCL, MSRC).
/// All zero where the device has no Copy.
struct CopyLimits {
  std::uint32_t max_ranges = 0;        ///< source ranges of one command: MSRC + 1
  std::uint32_t max_range_blocks = 0;  ///< blocks of one source range: MSSRL
  std::uint32_t max_total_blocks = 0;  ///< blocks of one command: MCL

  [[nodiscard]] bool available() const { return max_ranges != 0 && max_range_blocks != 0 && max_total_blocks != 0; }
  friend bool operator==(const CopyLimits&, const CopyLimits&) = default;
};

/// Who moves the data of a copy: three words that mean the same in counters, results, logs and documents.
enum class CopyPath : std::uint8_t {
  offloaded,  ///< nobody reads it: the drive carries out its Copy command, or the files beneath share extents
  kernel,     ///< the kernel below us reads and writes it
  emulated,   ///< we read and write it
};
[[nodiscard]] std::string_view to_string(CopyPath path);

enum class DeviceKind : std::uint8_t { image, nvme, block, simulated };
[[nodiscard]] std::string_view to_string(DeviceKind kind);

/// What is known of a device. While it is open only what is said of Copy changes: it may turn out that there is none.
struct DeviceInfo {
  std::string path;
  DeviceKind kind = DeviceKind::image;
  std::uint32_t block_size_bytes = 4096;
  std::uint64_t zone_size_blocks = 0;  ///< length of every zone but possibly the last
  std::uint32_t zone_count = 0;
  std::uint64_t capacity_blocks = 0;            ///< length of the whole device
  std::uint32_t max_transfer_bytes = 1U << 20;  ///< largest read or write of one call
  std::uint32_t max_append_bytes = 1U << 20;    ///< largest zone append of one call; 0: there is none
  ResourceLimits resource_limits;
  CopyLimits copy_limits;
  std::string copy_mechanism;    ///< how Copy is done: "NVMe Copy", "sharing extents (…)"; empty where there is none
  std::string copy_unavailable;  ///< why there is no Copy; empty where there is
  /// Why it is the kernel below that carries out Copy, by moving the data; empty where Copy is offloaded.
  std::string copy_moves_data;

  /// The best that a copy can hope for.
  [[nodiscard]] CopyPath copy_path() const {
    if (!copy_limits.available()) return CopyPath::emulated;
    return copy_moves_data.empty() ? CopyPath::offloaded : CopyPath::kernel;
  }
  [[nodiscard]] ZoneIndex zone_of(Lba lba) const { return static_cast<ZoneIndex>(lba / zone_size_blocks); }
  [[nodiscard]] Lba zone_start(ZoneIndex zone) const { return Lba{zone} * zone_size_blocks; }
};

}  // namespace zonecopy
