#include "tools/compact/filling.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>

namespace zonecopy::compact {
namespace {

/// So many source files are open at once: a round may have thousands of victims.
constexpr std::size_t sources_max = 64;

Error foreign_data_error(const std::string& path, std::uint64_t offset_bytes) {
  Error error(EEXIST, "compact",
              fmt::format("from {} on it holds other data than the plan writes there, so it is left as it is; if "
                          "nobody needs them, empty it by truncate -s 0, and try again",
                          offset_bytes));
  return error.on_device(path);
}

/// The first ranges of `ranges`: as many as have `sources_max` sources.
std::span<const SourceRange> first_part(std::span<const SourceRange> ranges) {
  std::vector<ZoneNumber> zones;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (!zones.empty() && zones.back() == ranges[i].zone) continue;
    if (zones.size() == sources_max) return ranges.first(i);
    zones.push_back(ranges[i].zone);
  }
  return ranges;
}

Result<std::vector<GatherRange>> open_sources(Contents& contents, std::span<const SourceRange> part) {
  std::map<ZoneNumber, std::shared_ptr<GatherFile>> files;
  std::vector<GatherRange> ranges;
  for (const SourceRange& range : part) {
    std::shared_ptr<GatherFile>& file = files[range.zone];
    if (!file) {
      const Result<std::shared_ptr<GatherFile>> opened = contents.open(range.zone, Gatherer::Access::read);
      if (!opened) return opened.error();
      file = *opened;
    }
    ranges.push_back({file, range.offset_bytes, range.length_bytes});
  }
  return ranges;
}

/// Whether the bytes of a move that was interrupted, up to `size_bytes`, are those of its old place.
Result<bool> same_beginning(Contents& contents, const Filling& filling, const Move& move, std::uint64_t size_bytes) {
  const std::uint64_t length_bytes = size_bytes - move.new_offset_bytes;
  const Result<std::uint64_t> copied = contents.hash(filling.zone, move.new_offset_bytes, length_bytes);
  if (!copied) return copied.error();
  const Result<std::uint64_t> original = contents.hash(move.old_zone, move.old_offset_bytes, length_bytes);
  if (!original) return original.error();
  return *copied == *original;
}

Result<bool> same_contents(Contents& contents, const Filling& filling, const Move& move) {
  const Result<std::uint64_t> copied = contents.hash(filling.zone, move.new_offset_bytes, move.length_bytes);
  if (!copied) return copied.error();
  return *copied == move.xxh3;
}

/// Gathers one part of a filling. Its sources are closed afterwards.
Status gather_part(Contents& contents, Gatherer& gatherer, const GatherDestination& destination,
                   std::span<const SourceRange> part, const GatherOptions& options, CopyTotals& totals) {
  const Result<std::vector<GatherRange>> ranges = open_sources(contents, part);
  if (!ranges) return ranges.error();
  const Result<std::vector<GatherReport>> reports = gatherer.gather(*ranges, {&destination, 1}, options);
  if (!reports) return reports.error();
  const GatherReport& report = reports->front();
  totals.add(report);
  if (report.error) return *report.error;
  if (report.failed_range) return Error(EIO, "compact", "not all was copied").on_device(destination.file->name());
  return {};
}

}  // namespace

void CopyTotals::add(const GatherReport& report) {
  bytes += report.bytes;
  bytes_offloaded += report.bytes_offloaded;
  bytes_kernel += report.bytes_kernel;
  bytes_emulated += report.bytes_emulated;
  commands += report.commands;
  for (const GatherWay way : report.ways) {
    if (std::find(ways.begin(), ways.end(), way) == ways.end()) ways.push_back(way);
  }
  if (!report.not_offloaded_because.empty()) not_offloaded_because = report.not_offloaded_because;
}

std::vector<SourceRange> ranges_left(const Filling& filling, std::uint64_t size_bytes) {
  std::vector<SourceRange> ranges;
  for (const Move& move : filling.moves) {
    if (move.new_offset_bytes + move.length_bytes <= size_bytes) continue;
    const std::uint64_t done_bytes = size_bytes > move.new_offset_bytes ? size_bytes - move.new_offset_bytes : 0;
    const SourceRange range{move.old_zone, move.old_offset_bytes + done_bytes, move.length_bytes - done_bytes};
    const bool neighbour = !ranges.empty() && ranges.back().zone == range.zone &&
                           ranges.back().offset_bytes + ranges.back().length_bytes == range.offset_bytes;
    if (neighbour) {
      ranges.back().length_bytes += range.length_bytes;
    } else {
      ranges.push_back(range);
    }
  }
  return ranges;
}

Result<std::uint64_t> check_begun(Contents& contents, const Filling& filling) {
  const Result<std::uint64_t> size_bytes = contents.size_bytes(filling.zone);
  if (!size_bytes) return size_bytes;
  const std::string path = contents.path_of(filling.zone);
  if (*size_bytes < filling.start_bytes) {
    return Error(EINVAL, "compact",
                 fmt::format("it has {} bytes, but {} were copied into it: somebody has emptied it", *size_bytes,
                             filling.start_bytes))
        .on_device(path);
  }
  for (const Move& move : filling.moves) {
    if (move.new_offset_bytes >= *size_bytes) break;
    const bool whole = move.new_offset_bytes + move.length_bytes <= *size_bytes;
    const Result<bool> same =
        whole ? same_contents(contents, filling, move) : same_beginning(contents, filling, move, *size_bytes);
    if (!same) return same.error();
    if (!*same) return foreign_data_error(path, move.new_offset_bytes);
  }
  return size_bytes;
}

Status fill(Contents& contents, Gatherer& gatherer, const Filling& filling, std::uint64_t size_bytes,
            const GatherOptions& options, CopyTotals& totals) {
  const std::vector<SourceRange> ranges = ranges_left(filling, size_bytes);
  const Result<std::shared_ptr<GatherFile>> file = contents.open(filling.zone, Gatherer::Access::write);
  if (!file) return file.error();
  GatherDestination destination{*file, size_bytes};
  for (std::span<const SourceRange> left = ranges; !left.empty();) {
    const std::span<const SourceRange> part = first_part(left);
    const Status gathered = gather_part(contents, gatherer, destination, part, options, totals);
    if (!gathered) return gathered;
    for (const SourceRange& range : part) *destination.offset_bytes += range.length_bytes;
    left = left.subspan(part.size());
  }
  if (const Status durable = (*file)->sync(); !durable) return durable;
  if (!filling.finish) return {};
  // As for any zone file: truncating one to its capacity finishes the zone.
  const Result<GatherFileFacts> facts = (*file)->facts();
  if (!facts) return facts.error();
  const std::string path = contents.path_of(filling.zone);
  if (truncate(path.c_str(), static_cast<off_t>(facts->capacity_bytes)) == 0) return {};
  return Error(errno, "finish the zone").on_device(path);
}

Status verify(Contents& contents, const Filling& filling) {
  for (const Move& move : filling.moves) {
    const Result<bool> same = same_contents(contents, filling, move);
    if (!same) return same.error();
    if (*same) continue;
    return Error(
               EIO, "verify",
               fmt::format("the copy at {} is not what {} held at {} when the plan was made; no further zone is reset",
                           move.new_offset_bytes, name_of(move.old_zone), move.old_offset_bytes))
        .on_device(contents.path_of(filling.zone));
  }
  return {};
}

}  // namespace zonecopy::compact
