#include "zonefs/core/gather_wire.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace zonecopy::zonefs {
namespace {

constexpr std::uint32_t known_flags =
    ZONECOPY_GATHER_AT_OFFSET | ZONECOPY_GATHER_ONLY_OFFLOAD | ZONECOPY_GATHER_BACKGROUND;

bool is_zero(__u64 number) { return number == 0; }

/// Whether the head of the request is as the version says. The sum of all ranges has to be a number of 63 bits, so that
/// no offset of the destination overflows.
bool well_formed(const zonecopy_gather_request& wire) {
  if (wire.version != ZONECOPY_GATHER_VERSION || (wire.flags & ~known_flags) != 0) return false;
  if (wire.count == 0 || wire.count > ZONECOPY_GATHER_RANGES_MAX) return false;
  if (wire.reserved != 0 || !std::all_of(std::begin(wire.reserved_too), std::end(wire.reserved_too), is_zero)) {
    return false;
  }
  if ((wire.flags & ZONECOPY_GATHER_AT_OFFSET) == 0 && wire.offset_bytes != 0) return false;
  std::uint64_t left_bytes = std::numeric_limits<std::int64_t>::max();
  if (wire.offset_bytes > left_bytes) return false;
  left_bytes -= wire.offset_bytes;
  for (std::uint32_t i = 0; i < wire.count; ++i) {
    const zonecopy_gather_range& range = wire.ranges[i];
    if (range.length_bytes > left_bytes) return false;
    left_bytes -= range.length_bytes;
    if (range.offset_bytes > std::numeric_limits<std::uint64_t>::max() - range.length_bytes) return false;
  }
  return true;
}

}  // namespace

Result<GatherRequest> parse_gather(const zonecopy_gather_request& wire, FileNumber destination, const FindInode& find,
                                   std::size_t* failed) {
  *failed = 0;
  if (!well_formed(wire)) return Error(EINVAL, "gather");
  GatherRequest request;
  request.destination = destination;
  if ((wire.flags & ZONECOPY_GATHER_AT_OFFSET) != 0) request.offset_bytes = wire.offset_bytes;
  request.only_offload = (wire.flags & ZONECOPY_GATHER_ONLY_OFFLOAD) != 0;
  request.background = (wire.flags & ZONECOPY_GATHER_BACKGROUND) != 0;
  request.pieces.reserve(wire.count);
  for (; *failed < wire.count; ++*failed) {
    const zonecopy_gather_range& range = wire.ranges[*failed];
    const std::optional<CopyPiece> piece = find(range.inode);
    if (!piece) return Error(ENOENT, "gather");
    request.pieces.push_back(*piece);
    request.pieces.back().offset_bytes = range.offset_bytes;
    request.pieces.back().length_bytes = range.length_bytes;
  }
  return request;
}

void put_answer(const GatherAnswer& answer, zonecopy_gather_request& wire) {
  wire.offset_bytes = answer.offset_bytes;
  wire.bytes_copied = 0;
  const std::uint32_t ranges = std::min<std::uint32_t>(wire.count, ZONECOPY_GATHER_RANGES_MAX);
  for (std::uint32_t i = 0; i < ranges; ++i) {
    wire.ranges[i].copied_bytes = i < answer.copied_bytes.size() ? answer.copied_bytes[i] : 0;
    wire.bytes_copied += wire.ranges[i].copied_bytes;
  }
  wire.bytes_offloaded = answer.done.bytes_offloaded;
  wire.bytes_kernel = answer.done.bytes_kernel;
  wire.bytes_emulated = answer.done.bytes_emulated;
  wire.commands = answer.done.commands;
  wire.failed_range = static_cast<std::uint32_t>(answer.failed);
  wire.error = answer.code;
  put_text(answer.done.not_offloaded_because, wire.not_offloaded_because);
}

}  // namespace zonecopy::zonefs
