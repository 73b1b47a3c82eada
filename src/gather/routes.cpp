#include "src/gather/routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/gather/by_device_copy.h"

namespace zonecopy::gather {
namespace {

using Destinations = std::span<const std::shared_ptr<OpenFile>>;

bool on_one_mount(const OpenFile& source, Destinations destinations) {
  return source.home().kind == Home::Kind::zonecopyfs &&
         std::all_of(destinations.begin(), destinations.end(),
                     [&source](const auto& destination) { return destination->home() == source.home(); });
}

/// Of several devices in one mount each may have blocks of its own size, and the mount copies between equal ones only.
bool blocks_differ(const OpenFile& source, Destinations destinations) {
  const auto size = [](const OpenFile& file) { return static_cast<const MountFile&>(file).block_size_bytes(); };
  return std::any_of(destinations.begin(), destinations.end(),
                     [&](const auto& destination) { return size(*destination) != size(source); });
}

Route by_engine(const OpenFile& source, Destinations destinations) {
  Route route{Route::Kind::engine, source.home().number, {}};
  for (const auto& destination : destinations) {
    if (route.not_offloaded_because.empty()) route.not_offloaded_because = why_not_offloaded(source, *destination);
  }
  return route;
}

/// Why a mount is not asked, where one destination is all there is.
std::string why_no_call(const OpenFile& source, const OpenFile& destination) {
  if (destination.home().kind != Home::Kind::zonecopyfs) {
    return fmt::format("{} is not on a mount of zonecopyfs", destination.name());
  }
  if (source.home() != destination.home()) return "the files are on different mounts";
  return "this zonecopyfs does not know the gather request: a later version does";
}

/// Between file systems the kernel copies by buffered writes. For a zone of zonecopyfs these are a stream, which goes on
/// behind a gap where the zone was reset meanwhile; direct writes of whole blocks are at the write pointer or refused.
bool is_written_directly(const OpenFile& source, const OpenFile& destination) {
  return destination.home().kind == Home::Kind::zonecopyfs && source.home() != destination.home() &&
         static_cast<const MountFile&>(destination).sequential();
}

}  // namespace

std::string why_not_offloaded(const zonecopy_limits& limits) {
  const bool by_kernel = (limits.flags & ZONECOPY_FILE_KERNEL_COPIES) != 0;
  if (limits.copy_ranges_max != 0 && !by_kernel) return {};
  if (limits.not_offloaded_because[0] != '\0') return limits.not_offloaded_because;
  return by_kernel ? "the device has the kernel move the data" : "the device has no Copy";
}

Route route_of(const OpenFile& source, Destinations destinations, const MountLimits& limits, CopyMode mode,
               bool to_be_read) {
  const bool by_engine_all = std::all_of(destinations.begin(), destinations.end(), [&source](const auto& destination) {
    return engine_copies(source, *destination);
  });
  if (by_engine_all && !to_be_read) {
    if (mode == CopyMode::emulate) return {Route::Kind::engine, source.home().number, "emulation was asked for"};
    return by_engine(source, destinations);
  }
  if (mode == CopyMode::emulate) return {Route::Kind::read_write, 0, "emulation was asked for"};
  if (to_be_read)
    return {Route::Kind::read_write, 0, "some ranges are not of whole blocks, and have to be put together"};
  const bool one = destinations.size() == 1;
  if (on_one_mount(source, destinations) && blocks_differ(source, destinations)) {
    return {Route::Kind::read_write, 0, "the devices have blocks of different sizes"};
  }
  if (on_one_mount(source, destinations) && limits) {
    const std::string why = why_not_offloaded(*limits);
    if (one || why.empty()) return {Route::Kind::gather_call, 0, why};
    return {Route::Kind::read_write, 0, "one read serves several destinations: " + why};
  }
  const OpenFile& destination = *destinations.front();
  const bool of_mounts = source.home().kind != Home::Kind::device && destination.home().kind != Home::Kind::device;
  if (one && of_mounts) {
    const bool direct = is_written_directly(source, destination);
    const Route::Kind kind = direct ? Route::Kind::read_write : Route::Kind::copy_file_range;
    return {kind, 0, why_no_call(source, destination)};
  }
  if (one) return {Route::Kind::read_write, 0, "one side is mounted, and the other is a device that is not"};
  return {Route::Kind::read_write, 0, "one read serves several destinations"};
}

}  // namespace zonecopy::gather
