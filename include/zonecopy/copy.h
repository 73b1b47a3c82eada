// The copy engine: many source ranges to many destination zones, offloaded where the device can, else read and written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zonecopy/buffer.h"
#include "zonecopy/copy_plan.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

namespace zonecopy {

enum class CopyMode : std::uint8_t {
  automatic,  ///< offload, and emulate what the device will not do
  offload,    ///< fail with EIO what cannot be offloaded, even if the kernel below would copy it
  emulate,
};
[[nodiscard]] std::string_view to_string(CopyMode mode);

struct CopyOptions {
  CopyMode mode = CopyMode::automatic;
  CopyLimits user_limits;                   ///< lowers the device's own; 0 leaves a limit as it is
  std::uint32_t read_ahead_depth = 4;       ///< reads in flight for each destination zone of an emulated copy
  std::uint32_t writes_in_flight = 1;       ///< more only into conventional zones, whose writes need no order
  std::uint32_t transfer_bytes = 1U << 20;  ///< of one read or write of an emulated copy; the device's own limit holds
  BufferPool* buffers = nullptr;  ///< memory of emulated copies, shared by all that name it; else a copy has its own
};

/// The blocks of `sources`, in order, to `destination`. Sources and destination do not overlap.
struct CopyJob {
  std::vector<Extent> sources;
  Destination destination;
};

/// The copies that can be expected of a device, for a person: "offloaded by NVMe Copy", "emulated: …".
[[nodiscard]] std::string describe_copies(const DeviceInfo& info, CopyMode mode);

/// What has been done of a job, exactly: the first `blocks()` blocks of the destination are written. CopyPath has the
/// meaning of the three words.
struct CopyReport {
  std::uint64_t blocks_offloaded = 0;
  std::uint64_t blocks_kernel = 0;
  std::uint64_t blocks_emulated = 0;
  std::uint64_t copy_commands = 0;             ///< Copy commands sent to the device
  std::optional<std::string> fallback_reason;  ///< why (part of) the copy was not offloaded
  /// What stopped it. Its side is the one that failed; none where neither did: it was cancelled (EINTR), nothing but an
  /// offload would do, or there was no memory.
  std::optional<Error> error;
  [[nodiscard]] std::uint64_t blocks() const { return blocks_offloaded + blocks_kernel + blocks_emulated; }
};

/// Copies one job. Writes to the destination zone are in order, so that what has been done is always a prefix.
Task<CopyReport> copy(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, CopyJob job, CopyOptions options,
                      const CancelToken* cancel);

/// Copies several jobs with different destination zones at once; reports come in the order of the jobs.
Task<std::vector<CopyReport>> copy_all(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination,
                                       std::vector<CopyJob> jobs, CopyOptions options, const CancelToken* cancel);

}  // namespace zonecopy
