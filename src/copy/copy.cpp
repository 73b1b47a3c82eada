// Chooses the way of a copy: offloads what the device can copy by itself, else lets the kernel copy, else reads and
// writes.
#include "zonecopy/copy.h"

#include <fmt/format.h>

#include "src/copy/emulation.h"

namespace zonecopy {
namespace {

/// Why a copy between these devices cannot be offloaded; nothing if offloading can be tried.
std::optional<std::string> objection_to_offload(const ZonedDevice& source, const ZonedDevice& destination,
                                                const CopyLimits& limits, CopyMode mode) {
  const DeviceInfo& info = destination.info();
  if (!info.copy_limits.available()) {
    return info.copy_unavailable.empty() ? std::string("the device announces no Copy") : info.copy_unavailable;
  }
  if (!limits.available()) return "the limits set by the user leave no Copy";
  if (!destination.can_copy_from(source)) {
    return fmt::format("{} cannot copy from {} by itself", info.path, source.info().path);
  }
  if (mode == CopyMode::offload && info.copy_path() != CopyPath::offloaded) return info.copy_moves_data;
  return std::nullopt;
}

/// Sends Copy commands one after the other, until all is done or one fails. `report.blocks()` tells how far it came.
Task<void> offload_copy(ZonedDevice& source, ZonedDevice& destination, const CopyJob& job, const CopyLimits& limits,
                        CopyMode mode, const CancelToken* cancel, CopyReport& report) {
  std::vector<CopyCommand> commands =
      plan_copy(job.sources, job.destination, limits, SourceGeometry{source.info().zone_size_blocks});
  for (CopyCommand& command : commands) {
    if (cancel != nullptr && cancel->requested()) break;
    if (!destination.info().copy_limits.available()) {  // another copy was refused for good in the meantime
      report.fallback_reason = destination.info().copy_unavailable;
      co_return;
    }
    command.kernel_may_move = mode != CopyMode::offload;
    const CopyOutcome outcome = co_await destination.copy(source, command, cancel);
    ++report.copy_commands;
    report.blocks_offloaded += outcome.blocks_copied - outcome.blocks_by_kernel;
    report.blocks_kernel += outcome.blocks_by_kernel;
    if (outcome.blocks_by_kernel > 0) report.fallback_reason = outcome.kernel_reason;
    if (outcome.failure) {
      if (outcome.failure->decision == CopyDecision::fail) {
        report.error = outcome.failure->error;
        // Where the device cannot tell the side, the destination is in doubt, and the caller has to report its zone.
        if (!report.error->copy_side()) report.error->on_side(CopySide::destination);
      } else {
        report.fallback_reason = outcome.failure->error.to_string();
      }
      co_return;
    }
    if (outcome.blocks_copied < command.blocks()) break;  // cancelled
  }
}

void note_cancelled(const CopyJob& job, const CancelToken* cancel, CopyReport& report) {
  const bool incomplete = report.blocks() < total_blocks(job.sources);
  if (incomplete && !report.error && cancel != nullptr && cancel->requested()) {
    report.error = Error(EINTR, "copy", "cancelled").at_lba(job.destination.start_lba + report.blocks());
  }
}

CopyJob rest_of(const CopyJob& job, std::uint64_t done_blocks) {
  return CopyJob{skip_blocks(job.sources, done_blocks),
                 Destination{job.destination.start_lba + done_blocks, job.destination.blocks - done_blocks}};
}

}  // namespace

std::string describe_copies(const DeviceInfo& info, CopyMode mode) {
  if (mode == CopyMode::emulate) return "emulated: copy=emulate asks for it";
  const CopyPath path = info.copy_path();
  if (path == CopyPath::offloaded) return fmt::format("offloaded by {}", info.copy_mechanism);
  const std::string& why = path == CopyPath::kernel ? info.copy_moves_data : info.copy_unavailable;
  if (mode == CopyMode::offload) return fmt::format("refused, as copy=offload demands: {}", why);
  if (path == CopyPath::kernel) return fmt::format("made by the kernel ({}): {}", info.copy_mechanism, why);
  return fmt::format("emulated: {}", why);
}

Task<CopyReport> copy(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, CopyJob job, CopyOptions options,
                      const CancelToken* cancel) {
  CopyReport report;
  if (source.info().block_size_bytes != destination.info().block_size_bytes) {
    report.error = Error(EINVAL, "copy", "the devices have different block sizes").on_device(destination.info().path);
    co_return report;
  }
  job.sources = take_blocks(job.sources, job.destination.blocks);
  if (options.mode == CopyMode::emulate) {
    report.fallback_reason = "emulation was asked for";
  } else {
    const CopyLimits limits = lower_limits(destination.info().copy_limits, options.user_limits);
    report.fallback_reason = objection_to_offload(source, destination, limits, options.mode);
    if (!report.fallback_reason) {
      const CopyMode mode = options.mode;
      co_await offload_copy(source, destination, job, limits, mode, cancel, report);
    }
  }
  note_cancelled(job, cancel, report);
  if (report.error || report.blocks() == total_blocks(job.sources)) co_return report;
  if (options.mode == CopyMode::offload) {
    const std::string why = report.fallback_reason.value_or("the device stopped early");
    report.error = Error(EIO, "copy", why).on_device(destination.info().path).at_lba(job.destination.start_lba);
    co_return report;
  }
  const CopyJob rest = rest_of(job, report.blocks());
  co_await emulate_copy(loop, source, destination, rest, options, cancel, report);
  co_return report;
}

namespace {

Task<void> copy_into(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, CopyJob job, CopyOptions options,
                     const CancelToken* cancel, CopyReport* report, Gate* gate) {
  const GatePass pass(*gate);
  CopyReport finished = co_await copy(loop, source, destination, std::move(job), options, cancel);
  *report = std::move(finished);
}

}  // namespace

Task<std::vector<CopyReport>> copy_all(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination,
                                       std::vector<CopyJob> jobs, CopyOptions options, const CancelToken* cancel) {
  std::vector<CopyReport> reports(jobs.size());
  Gate gate;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    loop.spawn(copy_into(loop, source, destination, std::move(jobs[i]), options, cancel, &reports[i], &gate));
  }
  Event& all_done = gate.drained();
  co_await all_done;
  co_return reports;
}

}  // namespace zonecopy
