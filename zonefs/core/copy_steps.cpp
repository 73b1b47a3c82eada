#include "zonefs/core/copy_steps.h"

#include <algorithm>

#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {
namespace {

/// The lengths of the parts of one piece.
struct Parts {
  std::uint64_t head_bytes = 0;  ///< up to a block of the destination
  std::uint64_t whole_bytes = 0;
  std::uint64_t rest_bytes = 0;
};

Parts parts_of(const ZoneFiles& files, const CopyPiece& piece, std::uint64_t destination_offset_bytes) {
  const std::uint64_t block_size_bytes = files.block_size_bytes();
  const std::uint64_t into_block_bytes = destination_offset_bytes % block_size_bytes;
  Parts parts;
  if (piece.offset_bytes % block_size_bytes != into_block_bytes) {
    parts.rest_bytes = piece.length_bytes;  // no block of the source is a block of the destination
    return parts;
  }
  if (into_block_bytes != 0) parts.head_bytes = std::min(block_size_bytes - into_block_bytes, piece.length_bytes);
  const std::uint64_t whole_from_bytes = piece.offset_bytes + parts.head_bytes;
  const ZoneFiles& sources = piece.volume == nullptr ? files : piece.volume->files;
  const std::uint64_t on_zone_bytes = std::max(sources[piece.source].size_bytes, whole_from_bytes);
  parts.whole_bytes =
      round_down(std::min(piece.length_bytes - parts.head_bytes, on_zone_bytes - whole_from_bytes), block_size_bytes);
  parts.rest_bytes = piece.length_bytes - parts.head_bytes - parts.whole_bytes;
  return parts;
}

/// Collects steps.
class Steps {
 public:
  explicit Steps(std::uint64_t destination_offset_bytes) : offset_bytes_(destination_offset_bytes) {}

  [[nodiscard]] std::uint64_t offset_bytes() const { return offset_bytes_; }
  /// Adds the first `length_bytes` of `piece`, and takes them from it.
  void add(bool whole_blocks, CopyPiece& piece, std::uint64_t length_bytes) {
    if (length_bytes == 0) return;
    if (steps_.empty() || steps_.back().whole_blocks != whole_blocks) {
      steps_.push_back(CopyStep{whole_blocks, offset_bytes_, {}});
    }
    CopyPiece part = piece;
    part.length_bytes = length_bytes;
    steps_.back().pieces.push_back(part);
    offset_bytes_ += length_bytes;
    piece.offset_bytes += length_bytes;
    piece.length_bytes -= length_bytes;
  }
  [[nodiscard]] std::vector<CopyStep> take() { return std::move(steps_); }

 private:
  std::uint64_t offset_bytes_;
  std::vector<CopyStep> steps_;
};

}  // namespace

std::vector<CopyStep> copy_steps(const ZoneFiles& files, std::span<const CopyPiece> pieces,
                                 std::uint64_t destination_offset_bytes) {
  Steps steps(destination_offset_bytes);
  for (CopyPiece piece : pieces) {
    const Parts parts = parts_of(files, piece, steps.offset_bytes());
    steps.add(false, piece, parts.head_bytes);
    steps.add(true, piece, parts.whole_bytes);
    steps.add(false, piece, parts.rest_bytes);
  }
  return steps.take();
}

std::uint64_t total_bytes(std::span<const CopyPiece> pieces) {
  std::uint64_t total = 0;
  for (const CopyPiece& piece : pieces) total += piece.length_bytes;
  return total;
}

std::vector<CopyPiece> skip_bytes(std::span<const CopyPiece> pieces, std::uint64_t bytes) {
  std::vector<CopyPiece> rest;
  for (const CopyPiece& piece : pieces) {
    const std::uint64_t skipped = std::min(piece.length_bytes, bytes);
    bytes -= skipped;
    if (skipped == piece.length_bytes) continue;
    rest.push_back(piece);
    rest.back().offset_bytes += skipped;
    rest.back().length_bytes -= skipped;
  }
  return rest;
}

std::vector<CopyPiece> take_bytes(std::span<const CopyPiece> pieces, std::uint64_t bytes) {
  std::vector<CopyPiece> taken;
  for (const CopyPiece& piece : pieces) {
    const std::uint64_t count = std::min(piece.length_bytes, bytes);
    bytes -= count;
    if (count == 0) continue;
    taken.push_back(piece);
    taken.back().length_bytes = count;
  }
  return taken;
}

}  // namespace zonecopy::zonefs
