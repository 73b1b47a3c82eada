#include "src/copy/emulation.h"

#include <algorithm>

#include "src/copy/pipeline.h"

namespace zonecopy {
namespace {

Pipeline::Limits limits_of(const CopyOptions& options) {
  return Pipeline::Limits{std::max<std::uint32_t>(1, options.read_ahead_depth),
                          std::max<std::uint32_t>(1, options.writes_in_flight)};
}

std::uint64_t transfer_max_blocks(const ZonedDevice& source, std::span<const CopyBranch> branches,
                                  const CopyOptions& options, const Pacing& pacing) {
  std::uint64_t bytes = std::min(options.transfer_bytes, source.info().max_transfer_bytes);
  for (const CopyBranch& branch : branches) {
    if (branch.goes_on()) bytes = std::min<std::uint64_t>(bytes, branch.device.info().max_transfer_bytes);
  }
  if (options.buffers != nullptr) bytes = std::min<std::uint64_t>(bytes, options.buffers->buffer_size_bytes());
  return pacing.step_max_blocks(std::max<std::uint64_t>(1, bytes / source.info().block_size_bytes));
}

void end_all(std::span<CopyBranch> branches, const Error& error) {
  for (CopyBranch& branch : branches) {
    if (branch.goes_on()) branch.report.error = error;
  }
}

}  // namespace

Task<void> emulate_copy(EventLoop& loop, ZonedDevice& source, std::span<CopyBranch> branches,
                        const CopyOptions& options, Pacing& pacing, const CancelToken* cancel) {
  const std::uint64_t max_blocks = transfer_max_blocks(source, branches, options, pacing);
  const std::vector<SharedTransfer> transfers =
      plan_shared_transfers(branches, max_blocks, SourceGeometry{source.info().zone_size_blocks});
  if (transfers.empty()) co_return;
  const Pipeline::Limits limits = limits_of(options);
  BufferPool own_buffers(max_blocks * source.info().block_size_bytes, limits.slots(), &loop.memory());
  BufferPool& buffers = options.buffers != nullptr ? *options.buffers : own_buffers;
  Pipeline pipeline(loop, source, branches, transfers, buffers, pacing, limits, cancel);
  Status read;
  std::size_t begun = 0;  // transfers whose writes were started
  std::size_t ended = 0;  // transfers whose writes have ended
  bool cancelled = false;
  while (true) {
    while (begun < transfers.size() && read && !cancelled && begun - ended < limits.writes) {
      cancelled = cancel != nullptr && cancel->requested();
      if (cancelled || !pipeline.anyone_left()) break;
      read = co_await pipeline.begin(begun, ended);
      if (read) ++begun;
    }
    if (ended == begun) break;
    co_await pipeline.finish(ended);
    ++ended;
  }
  co_await pipeline.abandon(begun);
  // A read that was left undone since the copy is cancelled is no error of the source.
  if (!read && (cancel == nullptr || !cancel->requested())) end_all(branches, read.error());
}

}  // namespace zonecopy
