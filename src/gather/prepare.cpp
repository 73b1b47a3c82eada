// Looks at all files of a gather, and checks it. Nothing is touched.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/gather/checks.h"
#include "src/gather/prepared.h"

namespace zonecopy::gather {
namespace {

Result<std::shared_ptr<OpenFile>> open_file_of(const std::shared_ptr<GatherFile>& file, std::string_view role,
                                               std::size_t number) {
  std::shared_ptr<OpenFile> open = std::dynamic_pointer_cast<OpenFile>(file);
  if (open) return open;
  return Error(EINVAL, "gather", fmt::format("{} {} has no file that a Gatherer has opened", role, number));
}

/// Remembers what a file has answered, since many ranges may be of one.
class FactsOfSources {
 public:
  Result<FileFacts> of(OpenFile& file) {
    for (const auto& [known, facts] : known_) {
      if (known == &file) return facts;
    }
    const Status readable = file.check_source();
    if (!readable) return readable.error();
    Result<FileFacts> facts = file.all_facts();
    if (facts) known_.emplace_back(&file, *facts);
    return facts;
  }
  [[nodiscard]] bool any_only_offload() const {
    return std::any_of(known_.begin(), known_.end(), [](const auto& each) { return each.second.only_offload; });
  }

 private:
  std::vector<std::pair<const OpenFile*, FileFacts>> known_;
};

/// Takes the ranges in, and returns whether a mount of theirs allows offloaded copies only.
Result<bool> take_sources(std::span<const GatherRange> ranges, Prepared& prepared) {
  FactsOfSources facts;
  for (std::size_t number = 0; number < ranges.size(); ++number) {
    const Result<std::shared_ptr<OpenFile>> file = open_file_of(ranges[number].file, "range", number);
    if (!file) return file.error();
    const Result<FileFacts> of_file = facts.of(**file);
    if (!of_file) return of_file.error();
    const Status within = check_range(number, ranges[number], *of_file);
    if (!within) return within.error();
    prepared.work.sources.push_back(*file);
    prepared.places.push_back({ranges[number].offset_bytes, ranges[number].length_bytes, 0});
  }
  const Result<std::uint64_t> total_bytes = total_length(ranges);
  if (!total_bytes) return total_bytes.error();
  prepared.total_bytes = *total_bytes;
  return facts.any_only_offload();
}

std::vector<std::uint64_t> lengths_of(std::span<const GatherRange> ranges) {
  std::vector<std::uint64_t> lengths;
  for (const GatherRange& range : ranges) lengths.push_back(range.length_bytes);
  return lengths;
}

/// What take_destination() has learnt about all destinations.
struct Demands {
  std::optional<std::uint64_t> whole_blocks_from;  ///< the offset in the first one that takes whole blocks only
  bool only_offload = false;
};

Status take_destination(std::size_t number, std::span<const GatherRange> ranges, const GatherDestination& destination,
                        Prepared& prepared, Demands& demands) {
  const Result<std::shared_ptr<OpenFile>> file = open_file_of(destination.file, "destination", number);
  if (!file) return file.error();
  const Status writable = (*file)->check_destination();
  if (!writable) return writable.error();
  const Result<FileFacts> facts = (*file)->all_facts();
  if (!facts) return facts.error();
  const Result<std::uint64_t> offset = place_in(**file, *facts, destination.offset_bytes, prepared.total_bytes);
  if (!offset) return offset.error();
  for (std::size_t range = 0; range < ranges.size(); ++range) {
    const Status apart = check_apart(range, ranges[range], **file, *offset, prepared.total_bytes);
    if (!apart) return apart.error();
  }
  prepared.tracks.push_back({*file, Tally(lengths_of(ranges), *offset)});
  prepared.unit_bytes = std::max(prepared.unit_bytes, facts->block_size_bytes);
  if (facts->whole_blocks && !demands.whole_blocks_from) demands.whole_blocks_from = *offset;
  demands.only_offload |= facts->only_offload;
  return {};
}

/// Whether some range ends within a block, and a destination takes whole ones only: then all have to be put together in
/// memory.
bool to_be_put_together(const Prepared& prepared, const Demands& demands) {
  return demands.whole_blocks_from &&
         std::any_of(prepared.places.begin(), prepared.places.end(),
                     [&prepared](const RangePlace& place) { return place.length_bytes % prepared.unit_bytes != 0; });
}

void choose_routes(const Demands& demands, Prepared& prepared) {
  std::vector<std::shared_ptr<OpenFile>> destinations;
  for (const Track& track : prepared.tracks) destinations.push_back(track.file);
  const bool all_read = to_be_put_together(prepared, demands);
  for (std::size_t number = 0; number < prepared.places.size(); ++number) {
    const OpenFile& source = *prepared.work.sources[number];
    const bool within_block = prepared.places[number].offset_bytes % prepared.unit_bytes != 0;
    const bool read = all_read || (within_block && source.home().kind == Home::Kind::device);
    const Route route = route_of(source, destinations, prepared.limits, prepared.work.options.mode, read);
    const auto known = std::find(prepared.routes.begin(), prepared.routes.end(), route);
    prepared.places[number].group = static_cast<std::size_t>(known - prepared.routes.begin());
    if (known == prepared.routes.end()) prepared.routes.push_back(route);
  }
}

/// What must be offloaded is known to be possible, as far as that can be known before it is tried.
Status check_offload(std::span<const GatherRange> ranges, const Prepared& prepared) {
  const std::string demand = prepared.work.options.mode == CopyMode::offload
                                 ? "it cannot be offloaded, which was demanded"
                                 : "it cannot be offloaded, which copy=offload of a mount demands";
  const OpenFile& destination = *prepared.tracks.front().file;
  const bool within_block =
      std::any_of(prepared.tracks.begin(), prepared.tracks.end(),
                  [&prepared](const Track& track) { return track.tally.end_bytes() % prepared.unit_bytes != 0; });
  for (std::size_t number = 0; number < ranges.size(); ++number) {
    if (ranges[number].length_bytes == 0) continue;
    const Route& route = prepared.routes[prepared.places[number].group];
    std::string why = route.not_offloaded_because;
    const std::uint64_t bytes = ranges[number].offset_bytes | ranges[number].length_bytes;
    if (why.empty() && bytes % prepared.unit_bytes != 0) {
      why = fmt::format("it is not of whole blocks of {} bytes", prepared.unit_bytes);
    } else if (why.empty() && within_block) {
      why = "a destination ends within a block";
    }
    if (why.empty()) continue;
    return destination.make_error(
        EIO, fmt::format("range {} of {}: {}: {}", number, ranges[number].file->name(), demand, why));
  }
  return {};
}

}  // namespace

Result<Prepared> prepare(std::span<const GatherRange> ranges, std::span<const GatherDestination> destinations,
                         const GatherOptions& options) {
  Prepared prepared;
  prepared.work.options = options;
  if (destinations.empty()) return Error(EINVAL, "gather", "there is no destination");
  const Result<bool> only_offload = take_sources(ranges, prepared);
  if (!only_offload) return only_offload.error();
  Demands demands;
  for (std::size_t number = 0; number < destinations.size(); ++number) {
    const Status taken = take_destination(number, ranges, destinations[number], prepared, demands);
    if (!taken) return taken.error();
  }
  const Status different = check_different(destinations);
  if (!different) return different.error();
  const auto* mounted = dynamic_cast<const MountFile*>(prepared.tracks.front().file.get());
  if (mounted != nullptr) prepared.limits = mounted->limits();
  prepared.offset_bytes = demands.whole_blocks_from.value_or(prepared.tracks.front().tally.end_bytes());
  choose_routes(demands, prepared);
  const bool by_mount = options.mode == CopyMode::automatic && (demands.only_offload || *only_offload);
  prepared.work.only_offload = options.mode == CopyMode::offload || by_mount;
  const Status offload = prepared.work.only_offload ? check_offload(ranges, prepared) : Status();
  if (!offload) return offload.error();
  return prepared;
}

}  // namespace zonecopy::gather
