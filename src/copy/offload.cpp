#include "src/copy/offload.h"

#include <fmt/format.h>

#include <limits>

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

/// Adds what a command has done to the report. False where no more commands are to be sent.
bool add(const CopyCommand& command, const CopyOutcome& outcome, CopyReport& report) {
  ++report.copy_commands;
  report.blocks_offloaded += outcome.blocks_copied - outcome.blocks_by_kernel;
  report.blocks_kernel += outcome.blocks_by_kernel;
  if (outcome.blocks_by_kernel > 0) report.fallback_reason = outcome.kernel_reason;
  if (!outcome.failure) return outcome.blocks_copied == command.blocks();  // else it was cancelled
  if (outcome.failure->decision != CopyDecision::fail) {
    report.fallback_reason = outcome.failure->error.to_string();
    return false;
  }
  report.error = outcome.failure->error;
  // Where the device cannot tell the side, the destination is in doubt, and the caller has to report its zone.
  if (!report.error->copy_side()) report.error->on_side(CopySide::destination);
  return false;
}

}  // namespace

Task<void> offload_copy(ZonedDevice& source, CopyBranch& branch, const CopyOptions& options, Pacing& pacing,
                        const CancelToken* cancel) {
  ZonedDevice& destination = branch.device;
  CopyReport& report = branch.report;
  CopyLimits limits = lower_limits(destination.info().copy_limits, options.user_limits);
  report.fallback_reason = objection_to_offload(source, destination, limits, options.mode);
  if (report.fallback_reason) co_return;
  limits.max_total_blocks = static_cast<std::uint32_t>(pacing.step_max_blocks(limits.max_total_blocks));
  std::vector<CopyCommand> commands =
      plan_copy(branch.job.sources, branch.job.destination, limits, SourceGeometry{source.info().zone_size_blocks});
  bool goes_on = true;
  for (std::size_t i = 0; i < commands.size() && goes_on; ++i) {
    CopyCommand& command = commands[i];
    if (pacing.exists()) co_await pacing.before(report.blocks(), command.blocks(), cancel);
    if (cancel != nullptr && cancel->requested()) break;
    if (!destination.info().copy_limits.available()) {  // another copy was refused for good in the meantime
      report.fallback_reason = destination.info().copy_unavailable;
      co_return;
    }
    command.kernel_may_move = options.mode != CopyMode::offload;
    const CopyOutcome outcome = co_await destination.copy(source, command, cancel);
    goes_on = add(command, outcome, report);
    pacing.tell_progress();
  }
}

}  // namespace zonecopy
