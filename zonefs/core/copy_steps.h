// A copy between files as steps: which parts of it are whole blocks of both sides, which the copy engine copies, and
// which are not, and have to be read and written. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "zonefs/core/zone_files.h"

namespace zonecopy::zonefs {

struct Volume;

/// A range of a source.
struct CopyPiece {
  FileNumber source = 0;
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
  Volume* volume = nullptr;  ///< the device that the source is on, of those of the mount; null: the destination's
  [[nodiscard]] Volume& on(Volume& destination) const { return volume == nullptr ? destination : *volume; }
  friend bool operator==(const CopyPiece&, const CopyPiece&) = default;
};

/// Pieces that are copied in one way, one behind the other.
struct CopyStep {
  bool whole_blocks = false;  ///< else bytes that have to be read and written
  std::uint64_t destination_offset_bytes = 0;
  std::vector<CopyPiece> pieces;  ///< none is empty
  friend bool operator==(const CopyStep&, const CopyStep&) = default;
};

/// The steps of a copy of `pieces`, in their order, to `destination_offset_bytes` of some file among `files`. A piece has
/// at most three: up to the next block of the destination, whole blocks that are on the source's zone, and the rest. Steps
/// of one way that follow each other are one step. All devices have blocks of one size.
[[nodiscard]] std::vector<CopyStep> copy_steps(const ZoneFiles& files, std::span<const CopyPiece> pieces,
                                               std::uint64_t destination_offset_bytes);

[[nodiscard]] std::uint64_t total_bytes(std::span<const CopyPiece> pieces);
/// `pieces` without their first `bytes`.
[[nodiscard]] std::vector<CopyPiece> skip_bytes(std::span<const CopyPiece> pieces, std::uint64_t bytes);
/// The first `bytes` of `pieces`.
[[nodiscard]] std::vector<CopyPiece> take_bytes(std::span<const CopyPiece> pieces, std::uint64_t bytes);

}  // namespace zonecopy::zonefs
