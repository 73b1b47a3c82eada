// What the kernel remembers of zones that were written past it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace zonecopy::dm {

/// Linux 6.10 and later keep a write pointer of their own for each zone that was written in part through the block
/// layer, and fail a write elsewhere before the drive sees it. Passthrough moves the drive's pointer and not that. Only
/// an error of the drive makes the kernel take the pointer of the next zone report.
///
/// So the zones that are in part written at the start, which are those that the kernel may remember, are noted. At the
/// end, for each whose pointer has moved, a write at the old place lets the drive refuse it; the kernel logs that.
class KernelPointers {
 public:
  KernelPointers() = default;  ///< notes nothing
  /// `fd` is a zoned block device. Zones that cannot be reported are passed over.
  explicit KernelPointers(int fd);

  /// `fd` is the same device, open for direct I/O. Drops what the page cache holds of it, too. Blocks.
  void put_right(int fd) const;

 private:
  struct Place {
    std::uint64_t zone_sector = 0;
    std::uint64_t pointer_sector = 0;
  };
  std::vector<Place> places_;
};

/// Whether that helps: not below NVMe multipath, where a zone report does not come by the disk that remembers, so that an
/// error would make things worse, nor before Linux 6.10. `below` is the device under the device mapper's.
[[nodiscard]] bool kernel_pointers_can_be_put_right(dev_t below);

}  // namespace zonecopy::dm
