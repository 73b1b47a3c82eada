#include "copy/emulation.h"

#include <algorithm>
#include <vector>

#include "zonecopy/buffer.h"

namespace zonecopy {
namespace {

/// One read that is ahead of the writes. It has memory from its beginning until the data is written.
struct Slot {
  BufferPool::Loan buffer;
  Event finished;
  Status status;
};

Task<void> read_transfer(ZonedDevice& source, BufferPool& buffers, const Transfer* transfer, Slot* slot) {
  const std::uint64_t block_size_bytes = source.info().block_size_bytes;
  // Reads of one copy get their memory in their order, so the one that the next write needs is never without.
  slot->buffer = co_await buffers.acquire();
  std::span<std::byte> room = slot->buffer.first(transfer->blocks * block_size_bytes);
  slot->status = Status();
  for (const Extent& extent : transfer->sources) {
    const std::span<std::byte> part = room.first(extent.blocks * block_size_bytes);
    const Status done = co_await source.read(extent.start_lba, part);
    slot->status = done;
    if (!done) break;
    room = room.subspan(part.size());
  }
  slot->finished.set();
}

/// Keeps up to `depth` reads going, in the order of the transfers.
class ReadAhead {
 public:
  ReadAhead(EventLoop& loop, ZonedDevice& source, BufferPool& buffers, const std::vector<Transfer>& transfers,
            std::size_t depth)
      : loop_(loop),
        source_(source),
        buffers_(buffers),
        transfers_(transfers),
        slots_(std::min(depth, transfers.size())) {}

  /// Starts reads until all slots are busy with transfers from number `current` on.
  void fill(std::size_t current) {
    while (started_ < transfers_.size() && started_ < current + slots_.size()) {
      Slot& next = slot(started_);
      next.finished.reset();
      loop_.spawn(read_transfer(source_, buffers_, &transfers_[started_], &next));
      ++started_;
    }
  }
  [[nodiscard]] Slot& slot(std::size_t transfer) { return slots_[transfer % slots_.size()]; }
  [[nodiscard]] std::size_t started() const { return started_; }

 private:
  EventLoop& loop_;
  ZonedDevice& source_;
  BufferPool& buffers_;
  const std::vector<Transfer>& transfers_;
  std::vector<Slot> slots_;
  std::size_t started_ = 0;
};

std::uint64_t transfer_max_bytes(const ZonedDevice& source, const ZonedDevice& destination,
                                 const CopyOptions& options) {
  std::uint64_t bytes =
      std::min({options.transfer_bytes, source.info().max_transfer_bytes, destination.info().max_transfer_bytes});
  if (options.buffers != nullptr) bytes = std::min<std::uint64_t>(bytes, options.buffers->buffer_size_bytes());
  return std::max<std::uint64_t>(bytes, destination.info().block_size_bytes);
}

}  // namespace

Task<void> emulate_copy(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, const CopyJob& job,
                        const CopyOptions& options, const CancelToken* cancel, CopyReport& report) {
  const std::uint64_t block_size_bytes = destination.info().block_size_bytes;
  const std::uint64_t max_blocks = transfer_max_bytes(source, destination, options) / block_size_bytes;
  const std::vector<Transfer> transfers =
      plan_transfers(job.sources, job.destination, max_blocks, SourceGeometry{source.info().zone_size_blocks});
  if (transfers.empty()) co_return;
  const std::size_t depth = std::max<std::size_t>(1, options.read_ahead_depth);
  BufferPool own_buffers(max_blocks * block_size_bytes, depth, &loop.memory());
  BufferPool& buffers = options.buffers != nullptr ? *options.buffers : own_buffers;
  ReadAhead reads(loop, source, buffers, transfers, depth);
  std::size_t current = 0;
  for (; current < transfers.size() && !report.error; ++current) {
    if (cancel != nullptr && cancel->requested()) {
      report.error = Error(EINTR, "copy", "cancelled").at_lba(transfers[current].destination_lba);
      break;
    }
    reads.fill(current);
    Slot& slot = reads.slot(current);
    co_await slot.finished;
    if (!slot.status) {
      report.error = slot.status.error();
      report.source_failed = true;
      break;
    }
    const Transfer& transfer = transfers[current];
    const std::span<const std::byte> data = slot.buffer.first(transfer.blocks * block_size_bytes);
    const Status written = co_await destination.write(transfer.destination_lba, data);
    slot.buffer = {};
    if (written) {
      report.blocks_emulated += transfer.blocks;
    } else {
      report.error = written.error();
    }
  }
  // Reads that are still under way use the slots' memory.
  for (std::size_t pending = current; pending < reads.started(); ++pending) {
    Slot& slot = reads.slot(pending);
    co_await slot.finished;
  }
}

}  // namespace zonecopy
