#include "src/copy/emulation.h"

#include <algorithm>
#include <vector>

#include "zonecopy/buffer.h"

namespace zonecopy {
namespace {

/// One transfer under way. It has a buffer from the start of its read until its data is written.
struct Slot {
  BufferPool::Loan buffer;
  Event read;
  Event written;
  Status status;  ///< of the last read or write
};

std::size_t reads_max(const CopyOptions& options) { return std::max<std::uint32_t>(1, options.read_ahead_depth); }
std::size_t writes_max(const CopyOptions& options) { return std::max<std::uint32_t>(1, options.writes_in_flight); }
/// How many transfers can be under way at once.
std::size_t slots_max(const CopyOptions& options) { return reads_max(options) + writes_max(options); }

/// Carries out transfers in their order. Reads run ahead of the writes.
class Pipeline {
 public:
  Pipeline(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, BufferPool& buffers,
           const std::vector<Transfer>& transfers, const CopyOptions& options)
      : loop_(loop),
        source_(source),
        destination_(destination),
        buffers_(buffers),
        transfers_(transfers),
        slots_(std::min(slots_max(options), transfers.size())),
        reads_max_(reads_max(options)) {}

  /// Waits for the data of transfer `number` and starts its write, or returns why the data could not be read.
  Task<Status> begin(std::size_t number, std::size_t written) {
    read_ahead(number, written);
    Slot& slot = this->slot(number);
    co_await slot.read;
    if (!slot.status) co_return slot.status;
    // The write goes before the next reads, which would delay it if they were queued first.
    loop_.spawn(write(number));
    read_ahead(number + 1, written);
    co_return Status();
  }

  /// Waits for the reads from `first` on that are still under way. Each gives its buffer back at once, because a later
  /// read, of this copy or another, may be waiting for it.
  Task<void> abandon(std::size_t first) {
    abandoned_ = true;
    for (std::size_t number = first; number < started_; ++number) {
      Slot& slot = this->slot(number);
      co_await slot.read;
      slot.buffer = {};
    }
  }

  [[nodiscard]] Slot& slot(std::size_t number) { return slots_[number % slots_.size()]; }

 private:
  /// Starts the reads of transfer `next` and of those after it, as far as there are slots. The writes of all transfers
  /// before `written` have ended.
  void read_ahead(std::size_t next, std::size_t written) {
    while (started_ < transfers_.size() && started_ < next + reads_max_ && started_ < written + slots_.size()) {
      loop_.spawn(read(started_));
      ++started_;
    }
  }

  Task<void> read(std::size_t number) {
    const Transfer& transfer = transfers_[number];
    Slot& slot = this->slot(number);
    slot.read.reset();
    slot.written.reset();
    slot.status = Status();
    // Transfers get their buffers in their order, so the one that is written next never waits for one behind it.
    slot.buffer = co_await buffers_.acquire();
    if (!slot.buffer) {
      slot.status = Error(ENOMEM, "copy");
      slot.read.set();
      co_return;
    }
    const std::uint64_t block_size_bytes = source_.info().block_size_bytes;
    std::span<std::byte> room = slot.buffer.first(transfer.blocks * block_size_bytes);
    for (const Extent& extent : transfer.sources) {
      if (abandoned_) break;
      const std::span<std::byte> part = room.first(extent.blocks * block_size_bytes);
      const Status done = co_await source_.read(extent.start_lba, part);
      slot.status = done;
      if (!done) {
        slot.status.error().on_side(CopySide::source);
        break;
      }
      room = room.subspan(part.size());
    }
    slot.read.set();
  }

  Task<void> write(std::size_t number) {
    const Transfer& transfer = transfers_[number];
    Slot& slot = this->slot(number);
    const std::span<const std::byte> data = slot.buffer.first(transfer.blocks * destination_.info().block_size_bytes);
    const Status done = co_await destination_.write(transfer.destination_lba, data);
    slot.status = done;
    slot.buffer = {};
    slot.written.set();
  }

  EventLoop& loop_;
  ZonedDevice& source_;
  ZonedDevice& destination_;
  BufferPool& buffers_;
  const std::vector<Transfer>& transfers_;
  std::vector<Slot> slots_;
  std::size_t reads_max_;
  std::size_t started_ = 0;
  bool abandoned_ = false;
};

std::uint64_t transfer_max_bytes(const ZonedDevice& source, const ZonedDevice& destination,
                                 const CopyOptions& options) {
  std::uint64_t bytes =
      std::min({options.transfer_bytes, source.info().max_transfer_bytes, destination.info().max_transfer_bytes});
  if (options.buffers != nullptr) bytes = std::min<std::uint64_t>(bytes, options.buffers->buffer_size_bytes());
  return std::max<std::uint64_t>(bytes, destination.info().block_size_bytes);
}

/// Counts a finished write. The report is of a prefix, so what comes after a failed write, errors too, does not count.
Task<void> finish_write(Slot& slot, const Transfer& transfer, CopyReport& report, bool* failed) {
  co_await slot.written;
  if (*failed) co_return;
  if (slot.status) {
    report.blocks_emulated += transfer.blocks;
  } else {
    *failed = true;
    report.error = slot.status.error();
    report.error->on_side(CopySide::destination);
  }
}

}  // namespace

Task<void> emulate_copy(EventLoop& loop, ZonedDevice& source, ZonedDevice& destination, const CopyJob& job,
                        const CopyOptions& options, const CancelToken* cancel, CopyReport& report) {
  const std::uint64_t block_size_bytes = destination.info().block_size_bytes;
  const std::uint64_t max_blocks = transfer_max_bytes(source, destination, options) / block_size_bytes;
  const std::vector<Transfer> transfers =
      plan_transfers(job.sources, job.destination, max_blocks, SourceGeometry{source.info().zone_size_blocks});
  if (transfers.empty()) co_return;
  BufferPool own_buffers(max_blocks * block_size_bytes, slots_max(options), &loop.memory());
  BufferPool& buffers = options.buffers != nullptr ? *options.buffers : own_buffers;
  Pipeline pipeline(loop, source, destination, buffers, transfers, options);
  bool write_failed = false;
  std::size_t begun = 0;    // writes that were started
  std::size_t written = 0;  // writes that have ended
  while (true) {
    while (begun < transfers.size() && !report.error && begun - written < writes_max(options)) {
      if (cancel != nullptr && cancel->requested()) {
        report.error = Error(EINTR, "copy", "cancelled").at_lba(transfers[begun].destination_lba);
        break;
      }
      const Status read = co_await pipeline.begin(begun, written);
      if (read) {
        ++begun;
      } else {
        report.error = read.error();
      }
    }
    if (written == begun) break;
    Slot& oldest = pipeline.slot(written);
    const Transfer& transfer = transfers[written];
    co_await finish_write(oldest, transfer, report, &write_failed);
    ++written;
  }
  co_await pipeline.abandon(begun);
}

}  // namespace zonecopy
