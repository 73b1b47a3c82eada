// Where the blocks of a long device lie on the devices that it is made of. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy::linear {

/// A run of zones of the long device that lies, in the same order, on one device below. All numbers are blocks.
struct Piece {
  Lba first_lba = 0;  ///< in the long device
  std::uint64_t blocks = 0;
  std::size_t device = 0;   ///< the number of the device below
  Lba first_lba_below = 0;  ///< there

  [[nodiscard]] Lba end_lba() const { return first_lba + blocks; }
  [[nodiscard]] Lba end_lba_below() const { return first_lba_below + blocks; }
  [[nodiscard]] Lba below(Lba lba) const { return lba - first_lba + first_lba_below; }
  [[nodiscard]] Lba above(Lba lba_below) const { return lba_below - first_lba_below + first_lba; }
  [[nodiscard]] bool contains_below(Lba lba_below) const {
    return lba_below >= first_lba_below && lba_below - first_lba_below < blocks;
  }
};

/// Whether `pieces` of devices that are `below`, in order and without a gap, make a long device. EINVAL, with the device
/// and what is wrong with it in the detail: block and zone sizes differ, a piece does not begin or end between two zones, reaches past
/// its device or lies over another piece.
[[nodiscard]] Status check_pieces(const std::string& path, std::span<const Piece> pieces,
                                  std::span<const DeviceInfo* const> below);

/// The piece that holds `lba`, which must lie within the pieces. They are in order and leave no gap.
[[nodiscard]] const Piece& piece_at(std::span<const Piece> pieces, Lba lba);

/// `zone` of the device below `piece`, as one of the long device `info`.
[[nodiscard]] Zone lifted(Zone zone, const Piece& piece, const DeviceInfo& info);

/// The properties of a device at `path` that is made of `pieces`, which check_pieces() has found right: of each limit
/// the lowest, since a limit on open zones may be that of one device below, whatever number of pieces lies on it.
[[nodiscard]] DeviceInfo describe(const std::string& path, std::span<const Piece> pieces,
                                  std::span<const DeviceInfo* const> below);

/// Sets what `info` says about Copy: the lowest limits where all devices below have it, else why one has not.
void describe_copy(DeviceInfo& info, std::span<const DeviceInfo* const> below);

}  // namespace zonecopy::linear
