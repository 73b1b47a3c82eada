// The copy engine: copies many source ranges to many destination zones. It offloads where the device can, else it reads
// and writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zonecopy/buffer.h"
#include "zonecopy/copy_pace.h"
#include "zonecopy/copy_plan.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

#pragma GCC visibility push(default)

namespace zonecopy {

enum class CopyMode : std::uint8_t {
  automatic,  ///< offload, and emulate what the device does not copy by itself
  offload,    ///< offload only: EIO for the rest, even where the kernel would copy it
  emulate,    ///< read and write only
};
/// "auto", "offload" or "emulate": the value of mount option copy=.
[[nodiscard]] std::string_view to_string(CopyMode mode);

struct CopyOptions {
  CopyMode mode = CopyMode::automatic;
  CopyLimits user_limits;  ///< lowers the device's limits; a field that is 0 leaves that limit as it is

  CopyPace* pace = nullptr;  ///< slows the copy down; null: as fast as it goes

  // For emulated copies:
  std::uint32_t read_ahead_depth = 4;       ///< reads in flight for each job, at least 1
  std::uint32_t writes_in_flight = 1;       ///< above 1 only for conventional zones, whose writes need no order
  std::uint32_t transfer_bytes = 1U << 20;  ///< largest read or write; the devices' max_transfer_bytes may lower it
  BufferPool* buffers = nullptr;  ///< memory, shared by all copies that name the pool; null: each copy has its own
};

/// One copy: the blocks of `sources`, in order, to `destination`. Sources and destination must not overlap.
struct CopyJob {
  std::vector<Extent> sources;
  Destination destination;
};

/// How copies to a device will be done, as a sentence for a person: "offloaded by NVMe Copy", "emulated: …".
[[nodiscard]] std::string describe_copies(const DeviceInfo& info, CopyMode mode);

/// What has been done of a job, exactly: the first `blocks()` blocks of the destination are written. CopyPath explains
/// the three ways.
struct CopyReport {
  std::uint64_t blocks_offloaded = 0;
  std::uint64_t blocks_kernel = 0;
  std::uint64_t blocks_emulated = 0;
  std::uint64_t copy_commands = 0;             ///< Copy commands sent to the device
  std::optional<std::string> fallback_reason;  ///< why the copy, or a part of it, was not offloaded
  /// What stopped the copy. Error::copy_side() is the side that failed. It is empty where neither side did: EINTR (the
  /// copy was cancelled), EIO under CopyMode::offload (it cannot be offloaded), ENOMEM, EINVAL (the block sizes
  /// differ).
  std::optional<Error> error;
  [[nodiscard]] std::uint64_t blocks() const { return blocks_offloaded + blocks_kernel + blocks_emulated; }
};

/// Copies one job. What does not fit into `job.destination` is left out. Writes to the destination zone go in order, so
/// that what has been done is always a prefix.
///
/// Errors are in the report. A cancellation ends the copy at the next point where it is known exactly what has been
/// done. `loop`, the devices, `cancel` (may be null) and `options.buffers` must outlive the await. On the loop's thread
/// only.
Task<CopyReport> copy(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, CopyJob job, CopyOptions options,
                      const CancelToken* cancel);

/// Room for a copy in a zone of `device`, which is not null and must outlive the copy.
struct CopyDestination {
  ZonedDevice* device = nullptr;
  Destination room;
};

/// Copies the same blocks to several destinations, as copy() does to one. Those that can be offloaded are, all at once;
/// then one read of the sources serves all others. (A pace counts the bytes once for each of these two ways.) The
/// destinations may be on different devices, and must differ.
///
/// Reports are in the order of the destinations. A destination that fails drops out, and the others go on. Where the
/// source cannot be read, or the copy is cancelled, those that were written together have equal prefixes.
Task<std::vector<CopyReport>> copy_to_all(EventLoop& loop, ZonedDevice& source, std::vector<Extent> sources,
                                          std::vector<CopyDestination> destinations, CopyOptions options,
                                          const CancelToken* cancel);

/// Copies several jobs at once, as copy() does. Their destination zones must differ. Reports are in the order of the
/// jobs.
Task<std::vector<CopyReport>> copy_all(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination,
                                       std::vector<CopyJob> jobs, CopyOptions options, const CancelToken* cancel);

}  // namespace zonecopy

#pragma GCC visibility pop
