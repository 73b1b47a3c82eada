// Chooses the way of a copy: offloads what the device can copy by itself, else lets the kernel copy, else reads and
// writes.
#include "zonecopy/copy.h"

#include <fmt/format.h>

#include "src/copy/emulation.h"
#include "src/copy/offload.h"
#include "zonecopy/sync.h"

namespace zonecopy {
namespace {

Task<void> offload_branch(ZonedDevice& source, CopyBranch& branch, const CopyOptions& options, Pacing& pacing,
                          const CancelToken* cancel, Gate& gate) {
  const GatePass pass(gate);
  co_await offload_copy(source, branch, options, pacing, cancel);
}

/// Copies to all at once what can be offloaded.
Task<void> offload_all(EventLoop& loop, ZonedDevice& source, std::span<CopyBranch> branches, const CopyOptions& options,
                       Pacing& pacing, const CancelToken* cancel) {
  Gate gate;
  for (CopyBranch& branch : branches) {
    if (branch.goes_on()) loop.spawn(offload_branch(source, branch, options, pacing, cancel, gate));
  }
  Event& all_done = gate.drained();
  co_await all_done;
}

void check_block_sizes(const ZonedDevice& source, std::span<CopyBranch> branches) {
  for (CopyBranch& branch : branches) {
    const DeviceInfo& info = branch.device.info();
    if (info.block_size_bytes == source.info().block_size_bytes) continue;
    branch.report.error = Error(EINVAL, "copy", "the devices have different block sizes").on_device(info.path);
  }
}

void note_cancelled(std::span<CopyBranch> branches, const CancelToken* cancel) {
  if (cancel == nullptr || !cancel->requested()) return;
  for (CopyBranch& branch : branches) {
    const Lba next_lba = branch.job.destination.start_lba + branch.report.blocks();
    if (branch.goes_on()) branch.report.error = Error(EINTR, "copy", "cancelled").at_lba(next_lba);
  }
}

/// Those that were to be offloaded, and could not be.
void refuse_the_rest(std::span<CopyBranch> branches) {
  for (CopyBranch& branch : branches) {
    if (!branch.goes_on()) continue;
    Error refused(EIO, "copy", branch.report.fallback_reason.value_or("the device stopped early"));
    refused.on_device(branch.device.info().path).at_lba(branch.job.destination.start_lba);
    branch.report.error = refused;
  }
}

std::vector<CopyReport> reports_of(std::vector<CopyBranch>& branches) {
  std::vector<CopyReport> reports;
  for (CopyBranch& branch : branches) reports.push_back(std::move(branch.report));
  return reports;
}

}  // namespace

std::string describe_copies(const DeviceInfo& info, CopyMode mode) {
  if (mode == CopyMode::emulate) return "emulated: copy=emulate asks for it";
  const CopyPath path = info.copy_path();
  if (path == CopyPath::offloaded) return fmt::format("offloaded by {}", info.copy_mechanism);
  const std::string& why = info.copy_objection();
  if (mode == CopyMode::offload) return fmt::format("refused, as copy=offload demands: {}", why);
  if (path == CopyPath::kernel) return fmt::format("made by the kernel ({}): {}", info.copy_mechanism, why);
  return fmt::format("emulated: {}", why);
}

Task<std::vector<CopyReport>> copy_to_all(EventLoop& loop, ZonedDevice& source, std::vector<Extent> sources,
                                          std::vector<CopyDestination> destinations, CopyOptions options,
                                          const CancelToken* cancel) {
  std::vector<CopyBranch> branches;
  for (const CopyDestination& to : destinations) branches.emplace_back(*to.device, sources, to.room);
  Pacing pacing(options.pace, source.info().block_size_bytes, branches);
  check_block_sizes(source, branches);
  if (options.mode == CopyMode::emulate) {
    for (CopyBranch& branch : branches) branch.report.fallback_reason = "emulation was asked for";
  } else {
    co_await offload_all(loop, source, branches, options, pacing, cancel);
  }
  note_cancelled(branches, cancel);
  if (options.mode == CopyMode::offload) {
    refuse_the_rest(branches);
  } else {
    pacing.count_again();
    co_await emulate_copy(loop, source, branches, options, pacing, cancel);
    note_cancelled(branches, cancel);
  }
  co_return reports_of(branches);
}

Task<CopyReport> copy(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, CopyJob job, CopyOptions options,
                      const CancelToken* cancel) {
  std::vector<CopyDestination> destinations;
  destinations.push_back(CopyDestination{&destination, job.destination});
  std::vector<CopyReport> reports =
      co_await copy_to_all(loop, source, std::move(job.sources), std::move(destinations), options, cancel);
  co_return std::move(reports.front());
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
