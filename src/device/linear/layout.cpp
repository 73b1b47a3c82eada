#include "src/device/linear/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace zonecopy::linear {
namespace {

Error make_error(const std::string& path, std::string detail) {
  Error error(EINVAL, "open", std::move(detail));
  error.on_device(path);
  return error;
}

/// All devices must be like the first.
Status check_devices(const std::string& path, std::span<const DeviceInfo* const> below) {
  if (below.empty()) return make_error(path, "it is made of no devices");
  const DeviceInfo& first = *below.front();
  for (const DeviceInfo* other : below) {
    if (other->block_size_bytes != first.block_size_bytes) {
      return make_error(path, fmt::format("{} has blocks of {} bytes and {} of {}; they must be equal", other->path,
                                          other->block_size_bytes, first.path, first.block_size_bytes));
    }
    if (other->zone_size_blocks != first.zone_size_blocks) {
      const std::uint64_t block_bytes = first.block_size_bytes;
      return make_error(
          path, fmt::format("{} has zones of {} bytes and {} of {}; they must be equal", other->path,
                            other->zone_size_blocks * block_bytes, first.path, first.zone_size_blocks * block_bytes));
    }
  }
  return {};
}

Status check_piece(const std::string& path, const Piece& piece, const DeviceInfo& below, bool last) {
  const std::uint64_t zone_blocks = below.zone_size_blocks;
  const bool inside = piece.blocks != 0 && piece.first_lba_below <= below.capacity_blocks &&
                      piece.blocks <= below.capacity_blocks - piece.first_lba_below;
  if (!inside) {
    return make_error(path, fmt::format("the piece at LBA {} does not lie within {}", piece.first_lba, below.path));
  }
  if (piece.first_lba % zone_blocks != 0 || piece.first_lba_below % zone_blocks != 0) {
    return make_error(path, fmt::format("the piece at LBA {}, on {} at LBA {}, does not begin with a zone",
                                        piece.first_lba, below.path, piece.first_lba_below));
  }
  const bool whole_zones = piece.blocks % zone_blocks == 0;
  const bool short_zone_at_the_end = last && piece.end_lba_below() == below.capacity_blocks;
  if (whole_zones || short_zone_at_the_end) return {};
  if (piece.end_lba_below() == below.capacity_blocks) {
    return make_error(path, fmt::format("the last zone of {} is shorter than the others, so that no other device can "
                                        "follow it",
                                        below.path));
  }
  return make_error(path, fmt::format("the piece at LBA {}, on {} at LBA {}, does not end with a zone", piece.first_lba,
                                      below.path, piece.first_lba_below));
}

/// One zone in two places would have two write pointers of one truth.
Status check_overlaps(const std::string& path, std::span<const Piece> pieces,
                      std::span<const DeviceInfo* const> below) {
  std::vector<Piece> sorted(pieces.begin(), pieces.end());
  std::sort(sorted.begin(), sorted.end(), [](const Piece& one, const Piece& other) {
    return one.device != other.device ? one.device < other.device : one.first_lba_below < other.first_lba_below;
  });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const Piece& before = sorted[i - 1];
    if (before.device != sorted[i].device || before.end_lba_below() <= sorted[i].first_lba_below) continue;
    return make_error(path, fmt::format("two pieces lie over one another on {} at LBA {}", below[before.device]->path,
                                        sorted[i].first_lba_below));
  }
  return {};
}

/// The lower of two limits, of which 0 means that there is none.
std::uint32_t lower(std::uint32_t one, std::uint32_t other) {
  if (one == 0 || other == 0) return std::max(one, other);
  return std::min(one, other);
}

}  // namespace

Status check_pieces(const std::string& path, std::span<const Piece> pieces, std::span<const DeviceInfo* const> below) {
  const Status devices = check_devices(path, below);
  if (!devices) return devices;
  Lba next_lba = 0;
  for (const Piece& piece : pieces) {
    if (piece.device >= below.size() || piece.first_lba != next_lba) {
      return make_error(path, fmt::format("there is no piece at LBA {}", next_lba));
    }
    const Status right = check_piece(path, piece, *below[piece.device], &piece == &pieces.back());
    if (!right) return right;
    next_lba = piece.end_lba();
  }
  if (next_lba == 0) return make_error(path, "it has no pieces");
  if (next_lba / below.front()->zone_size_blocks > std::numeric_limits<std::int32_t>::max()) {
    return make_error(path, "it has more zones than can be numbered");
  }
  return check_overlaps(path, pieces, below);
}

const Piece& piece_at(std::span<const Piece> pieces, Lba lba) {
  const auto after = std::upper_bound(pieces.begin(), pieces.end(), lba,
                                      [](Lba wanted, const Piece& piece) { return wanted < piece.first_lba; });
  return *std::prev(after);
}

Zone lifted(Zone zone, const Piece& piece, const DeviceInfo& info) {
  const bool pointer_valid =
      zone.write_pointer_lba >= zone.start_lba && zone.write_pointer_lba <= zone.start_lba + zone.length_blocks;
  if (pointer_valid) zone.write_pointer_lba = piece.above(zone.write_pointer_lba);
  zone.start_lba = piece.above(zone.start_lba);
  zone.index = info.zone_of(zone.start_lba);
  return zone;
}

DeviceInfo describe(const std::string& path, std::span<const Piece> pieces, std::span<const DeviceInfo* const> below) {
  DeviceInfo info = *below.front();
  info.path = path;
  info.kind = DeviceKind::linear;
  info.capacity_blocks = pieces.back().end_lba();
  info.zone_count =
      static_cast<std::uint32_t>((info.capacity_blocks + info.zone_size_blocks - 1) / info.zone_size_blocks);
  for (const DeviceInfo* device : below) {
    info.max_transfer_bytes = std::min(info.max_transfer_bytes, device->max_transfer_bytes);
    info.max_append_bytes = std::min(info.max_append_bytes, device->max_append_bytes);
    ResourceLimits& limits = info.resource_limits;
    limits.max_open_zones = lower(limits.max_open_zones, device->resource_limits.max_open_zones);
    limits.max_active_zones = lower(limits.max_active_zones, device->resource_limits.max_active_zones);
  }
  info.pieces.clear();
  for (const Piece& piece : pieces) {
    const auto zones = static_cast<std::uint32_t>((piece.blocks + info.zone_size_blocks - 1) / info.zone_size_blocks);
    info.pieces.push_back(DevicePiece{below[piece.device]->path, info.zone_of(piece.first_lba), zones,
                                      info.zone_of(piece.first_lba_below)});
  }
  describe_copy(info, below);
  return info;
}

void describe_copy(DeviceInfo& info, std::span<const DeviceInfo* const> below) {
  CopyLimits limits = below.front()->copy_limits;
  info.copy_mechanism = below.front()->copy_mechanism;
  info.copy_moves_data.clear();
  info.copy_unavailable.clear();
  for (const DeviceInfo* device : below) {
    limits.max_ranges = std::min(limits.max_ranges, device->copy_limits.max_ranges);
    limits.max_range_blocks = std::min(limits.max_range_blocks, device->copy_limits.max_range_blocks);
    limits.max_total_blocks = std::min(limits.max_total_blocks, device->copy_limits.max_total_blocks);
    if (info.copy_moves_data.empty()) info.copy_moves_data = device->copy_moves_data;
    if (info.copy_mechanism.find(device->copy_mechanism) == std::string::npos) {
      info.copy_mechanism += ", " + device->copy_mechanism;
    }
    if (device->copy_limits.available() || !info.copy_unavailable.empty()) continue;
    const bool says_why = !device->copy_unavailable.empty();
    info.copy_unavailable =
        fmt::format("{}: {}", device->path, says_why ? device->copy_unavailable : "the device has no Copy");
  }
  info.copy_limits = limits;
  if (limits.available()) return;
  info.copy_limits = CopyLimits();
  info.copy_mechanism.clear();
  info.copy_moves_data.clear();
}

}  // namespace zonecopy::linear
