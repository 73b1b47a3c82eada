#include "src/gather/by_read_write.h"

#include <algorithm>

namespace zonecopy::gather {
namespace {

constexpr std::size_t buffer_bytes = 1U << 20;

/// Writes to one destination. What was written of an incomplete write counts.
void write_to(Track& track, std::span<const std::byte> data) {
  Written written = track.file->write(track.tally.end_bytes(), data);
  Copied copied;
  copied.emulated_bytes = written.bytes;
  track.tally.add(GatherWay::read_write, copied);
  if (written.error) track.tally.fail(*written.error);
}

void fail_all(const Work& work, std::span<Track* const> tracks, const Part& part, const Error& error) {
  for (Track* const track : tracks) {
    if (!track->live()) continue;
    Error named = error;
    if (named.device().empty()) named = error_at(work, *track, part, error.code(), error.detail());
    track->tally.fail(named.on_side(CopySide::source));
  }
}

bool any_live(std::span<Track* const> tracks) {
  return std::any_of(tracks.begin(), tracks.end(), [](const Track* track) { return track->live(); });
}

}  // namespace

ReadWrite::Filled ReadWrite::fill(const Work& work, const std::vector<Part>& parts) {
  Filled filled;
  for (const Part& part : parts) {
    const std::size_t length = std::min<std::uint64_t>(part.length_bytes, buffer_.size() - filled.bytes);
    if (length == 0) break;
    const Result<std::size_t> count =
        work.source(part).read(part.offset_bytes, buffer_.span().subspan(filled.bytes, length));
    if (!count) {
      filled.error = count.error();
    } else {
      filled.bytes += *count;
      if (*count < length) filled.error = Error(EIO, "read", "the file has become shorter");
    }
    if (filled.error) {
      filled.failed = part;
      break;
    }
  }
  return filled;
}

std::uint64_t ReadWrite::to_write(const Filled& filled, std::uint64_t done_bytes) const {
  // A buffer that is not full has all that there was. A full one, and what a failed source leaves, may end within a
  // block, which a destination of whole blocks refuses.
  if (!filled.error && filled.bytes < buffer_.size()) return filled.bytes;
  const std::uint64_t excess_bytes = (offset_bytes_ + done_bytes + filled.bytes) % unit_bytes_;
  if (filled.bytes > excess_bytes) return filled.bytes - excess_bytes;
  return filled.error ? 0 : filled.bytes;
}

void ReadWrite::copy(const Work& work, std::vector<Part> parts, std::span<Track* const> tracks) {
  if (!buffer_) buffer_ = Buffer(std::max<std::size_t>(buffer_bytes, unit_bytes_));
  std::uint64_t done_bytes = tracks.front()->tally.bytes();
  while (!parts.empty() && any_live(tracks) && !work.stopped()) {
    const Filled filled = fill(work, parts);
    const std::uint64_t bytes = to_write(filled, done_bytes);
    for (Track* const track : tracks) {
      if (track->live() && bytes > 0) write_to(*track, buffer_.first(bytes));
    }
    if (filled.error) {
      fail_all(work, tracks, filled.failed, *filled.error);
      break;
    }
    parts = skip_bytes(parts, bytes);
    done_bytes += bytes;
  }
}

}  // namespace zonecopy::gather
