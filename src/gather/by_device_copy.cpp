#include "src/gather/by_device_copy.h"

#include <utility>

#include "src/gather/zone_file.h"

namespace zonecopy::gather {
namespace {

const ZoneFile& zone_of(const OpenFile& file) { return static_cast<const ZoneFile&>(file); }

void count(CopyReport report, std::uint64_t block_bytes, Track& track) {
  const Copied copied{report.blocks_offloaded * block_bytes, report.blocks_kernel * block_bytes,
                      report.blocks_emulated * block_bytes};
  track.tally.add(GatherWay::device_copy, copied, report.copy_commands);
  track.tally.note_reason(report.fallback_reason.value_or(""));
  if (report.error) track.tally.fail(std::move(*report.error));
}

}  // namespace

bool engine_copies(const OpenFile& source, const OpenFile& destination) {
  if (source.home().kind != Home::Kind::device || destination.home().kind != Home::Kind::device) return false;
  const ZoneFile& from = zone_of(source);
  const ZoneFile& to = zone_of(destination);
  return &from.loop() == &to.loop() && from.info().block_size_bytes == to.info().block_size_bytes;
}

std::string why_not_offloaded(const OpenFile& source, const OpenFile& destination) {
  return zone_of(destination).device().copy_route(zone_of(source).device()).objection;
}

std::vector<Extent> extents_of(const Work& work, const std::vector<Part>& parts) {
  std::vector<Extent> extents;
  for (const Part& part : parts) {
    const ZoneFile& zone = zone_of(work.source(part));
    extents.push_back(Extent{zone.lba_of(part.offset_bytes), part.length_bytes / zone.info().block_size_bytes});
  }
  return extents;
}

void copy_by_engine(const Work& work, const std::vector<Part>& parts, std::span<Track* const> tracks) {
  const ZoneFile& source = zone_of(work.source(parts.front()));
  const std::vector<Extent> extents = extents_of(work, parts);
  std::vector<CopyDestination> destinations;
  for (const Track* const track : tracks) {
    const ZoneFile& zone = zone_of(*track->file);
    destinations.push_back({&zone.device(), {zone.lba_of(track->tally.end_bytes()), total_blocks(extents)}});
  }
  CopyOptions options;
  options.mode = work.only_offload ? CopyMode::offload : work.options.mode;
  EventLoop& loop = source.loop();
  std::vector<CopyReport> reports =
      loop.run(copy_to_all(loop, source.device(), extents, std::move(destinations), options, nullptr));
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    count(std::move(reports[i]), source.info().block_size_bytes, *tracks[i]);
  }
}

}  // namespace zonecopy::gather
