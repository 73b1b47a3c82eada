// Which way each range of a gather goes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/gather/mount_file.h"
#include "src/gather/track.h"

namespace zonecopy::gather {

/// How ranges reach the destinations. Ranges with one route can be in one step.
struct Route {
  enum class Kind : std::uint8_t {
    gather_call,      ///< each destination's mount is asked
    copy_file_range,  ///< the kernel is asked, and what it refuses is read and written
    engine,           ///< the copy engine
    read_write,
  };
  Kind kind = Kind::read_write;
  std::uint64_t device = 0;           ///< of the sources, for the engine, which copies from one at a time
  std::string not_offloaded_because;  ///< empty: it is offloaded, as far as that is known beforehand
  friend bool operator==(const Route&, const Route&) = default;
};

/// The limits of the mount that all of a gather's files are on; nothing where they are not on one, or it has none.
using MountLimits = std::optional<zonecopy_limits>;

/// The route of ranges of `source` to `destinations`. `to_be_read`: nothing but reading and writing will do, as they are
/// not of whole blocks.
[[nodiscard]] Route route_of(const OpenFile& source, std::span<const std::shared_ptr<OpenFile>> destinations,
                             const MountLimits& limits, CopyMode mode, bool to_be_read);

/// Why the mount offloads nothing; empty if it does.
[[nodiscard]] std::string why_not_offloaded(const zonecopy_limits& limits);

}  // namespace zonecopy::gather
