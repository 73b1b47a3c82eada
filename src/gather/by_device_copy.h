// A step by the copy engine, between devices that are not mounted.
#pragma once

#include "src/gather/track.h"

namespace zonecopy::gather {

/// Whether both are zones, of devices on one event loop whose blocks have one size.
[[nodiscard]] bool engine_copies(const OpenFile& source, const OpenFile& destination);
/// Why the engine cannot have a copy offloaded; empty if it can. Only where engine_copies().
[[nodiscard]] std::string why_not_offloaded(const OpenFile& source, const OpenFile& destination);

/// Copies `parts`, all of one source device, to each of `tracks`, which are live and have come to the same place.
void copy_by_engine(const Work& work, const std::vector<Part>& parts, std::span<Track* const> tracks);

/// Where the parts are on their device.
[[nodiscard]] std::vector<Extent> extents_of(const Work& work, const std::vector<Part>& parts);

}  // namespace zonecopy::gather
