#include "src/copy/offload.h"

#include <fmt/format.h>

#include <limits>

namespace zonecopy {
namespace {

/// Why a copy by this route is not tried; nothing if it is.
std::optional<std::string> objection_to_offload(const CopyRoute& route, CopyMode mode) {
  const bool good_enough =
      mode == CopyMode::offload ? route.path == CopyPath::offloaded : route.path != CopyPath::emulated;
  if (good_enough) return std::nullopt;
  return route.objection.empty() ? std::string("the device announces no Copy") : route.objection;
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
  CopyRoute route = destination.copy_route(source);
  CopyLimits limits = lower_limits(route.limits, options.user_limits);
  report.fallback_reason = objection_to_offload(route, options.mode);
  if (report.fallback_reason) co_return;
  limits.max_total_blocks = static_cast<std::uint32_t>(pacing.step_max_blocks(limits.max_total_blocks));
  std::vector<CopyCommand> commands =
      plan_copy(branch.job.sources, branch.job.destination, limits, SourceGeometry{source.info().zone_size_blocks});
  bool goes_on = true;
  for (std::size_t i = 0; i < commands.size() && goes_on; ++i) {
    CopyCommand& command = commands[i];
    if (pacing.exists()) co_await pacing.before(report.blocks(), command.blocks(), cancel);
    if (cancel != nullptr && cancel->requested()) break;
    if (i > 0) {  // another copy may have been refused for good in the meantime
      route = destination.copy_route(source);
      std::optional<std::string> objection = objection_to_offload(route, options.mode);
      if (objection) {
        report.fallback_reason = std::move(objection);
        co_return;
      }
    }
    command.kernel_may_move = options.mode != CopyMode::offload;
    const CopyOutcome outcome = co_await destination.copy(source, command, cancel);
    goes_on = add(command, outcome, report);
    pacing.tell_progress();
  }
}

}  // namespace zonecopy
