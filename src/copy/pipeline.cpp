#include "src/copy/pipeline.h"

#include <algorithm>

namespace zonecopy {

Pipeline::Pipeline(EventLoop& loop, ZonedDevice& source, std::span<CopyBranch> branches,
                   const std::vector<SharedTransfer>& transfers, BufferPool& buffers, Pacing& pacing,
                   const Limits& limits, const CancelToken* cancel)
    : loop_(loop),
      source_(source),
      branches_(branches),
      transfers_(transfers),
      buffers_(buffers),
      pacing_(pacing),
      reads_max_(limits.reads),
      slots_(std::min(limits.slots(), transfers.size())),
      stop_(cancel) {
  for (Slot& slot : slots_) slot.results.resize(branches.size());
}

bool Pipeline::wanted(const SharedTransfer& transfer) const {
  return std::any_of(transfer.branches.begin(), transfer.branches.end(),
                     [this](std::size_t number) { return !branches_[number].report.error; });
}

bool Pipeline::anyone_left() const {
  return std::any_of(branches_.begin(), branches_.end(), [](const CopyBranch& branch) { return branch.goes_on(); });
}

Task<Status> Pipeline::begin(std::size_t number, std::size_t ended) {
  read_ahead(number, ended);
  Slot& slot = this->slot(number);
  co_await slot.read;
  const SharedTransfer& transfer = transfers_[number];
  if (!wanted(transfer)) slot.status = Status();
  if (!slot.status) co_return slot.status;
  // The writes go before the next reads, which would delay them if they were queued first.
  slot.writes_left = 1;  // until all of them have begun
  for (const std::size_t branch_number : transfer.branches) {
    if (branches_[branch_number].report.error) continue;
    ++slot.writes_left;
    loop_.spawn(write(number, branch_number));
  }
  end_write(slot);
  read_ahead(number + 1, ended);
  co_return Status();
}

/// Starts the reads of transfer `next` and of those after it, as far as there are slots.
void Pipeline::read_ahead(std::size_t next, std::size_t ended) {
  while (started_ < transfers_.size() && started_ < next + reads_max_ && started_ < ended + slots_.size()) {
    loop_.spawn(read(started_));
    ++started_;
  }
}

Task<void> Pipeline::read(std::size_t number) {
  const SharedTransfer& transfer = transfers_[number];
  Slot& slot = this->slot(number);
  slot.admitted.reset();
  slot.read.reset();
  slot.written.reset();
  slot.status = Status();
  std::fill(slot.results.begin(), slot.results.end(), std::nullopt);
  if (pacing_.exists()) co_await admit(number);
  slot.admitted.set();
  if (wanted(transfer) && !stop_.token().requested()) co_await fill(transfer, slot);
  else slot.status = Error(EINTR, "copy", "cancelled");
  slot.read.set();
}

/// Waits for the pace, behind the transfers before this one: they need their buffers first.
Task<void> Pipeline::admit(std::size_t number) {
  if (number > 0) {
    Event& previous = slot(number - 1).admitted;
    co_await previous;
  }
  const SharedTransfer& transfer = transfers_[number];
  if (stop_.token().requested() || !wanted(transfer)) co_return;
  co_await pacing_.before(transfer.position_blocks, transfer.blocks, &stop_.token());
}

Task<void> Pipeline::fill(const SharedTransfer& transfer, Slot& slot) {
  // Transfers get their buffers in their order, so the one that is written next never waits for one behind it.
  slot.buffer = co_await buffers_.acquire();
  if (!slot.buffer) {
    slot.status = Error(ENOMEM, "copy");
    co_return;
  }
  const std::uint64_t block_size_bytes = source_.info().block_size_bytes;
  std::span<std::byte> room = slot.buffer.first(transfer.blocks * block_size_bytes);
  for (const Extent& extent : transfer.sources) {
    if (stop_.token().requested()) {
      slot.status = Error(EINTR, "copy", "cancelled");
      co_return;
    }
    const std::span<std::byte> part = room.first(extent.blocks * block_size_bytes);
    const Status done = co_await source_.read(extent.start_lba, part);
    slot.status = done;
    if (!done) {
      slot.status.error().on_side(CopySide::source);
      co_return;
    }
    room = room.subspan(part.size());
  }
}

Task<void> Pipeline::write(std::size_t number, std::size_t branch_number) {
  Slot& slot = this->slot(number);
  const SharedTransfer& transfer = transfers_[number];
  const CopyBranch& branch = branches_[branch_number];
  const Lba lba = branch.job.destination.start_lba + transfer.position_blocks;
  const std::span<const std::byte> data = slot.buffer.first(transfer.blocks * source_.info().block_size_bytes);
  const Status done = co_await branch.device.write(lba, data);
  slot.results[branch_number] = done;
  end_write(slot);
}

/// The buffer is given back with the last write, and not when finish() comes: a read that must end first may wait for
/// it.
void Pipeline::end_write(Slot& slot) {
  if (--slot.writes_left > 0) return;
  slot.buffer = {};
  slot.written.set();
}

Task<void> Pipeline::finish(std::size_t number) {
  Slot& slot = this->slot(number);
  co_await slot.written;
  for (const std::size_t branch_number : transfers_[number].branches) {
    const std::optional<Status>& status = slot.results[branch_number];
    CopyReport& report = branches_[branch_number].report;
    // A report is of a prefix, so what comes after a failed write, errors too, does not count.
    if (!status || report.error) continue;
    if (status->ok()) report.blocks_emulated += transfers_[number].blocks;
    else report.error = Error(status->error()).on_side(CopySide::destination);
  }
  pacing_.tell_progress();
}

Task<void> Pipeline::abandon(std::size_t first) {
  stop_.token().request();
  for (std::size_t number = first; number < started_; ++number) {
    Slot& slot = this->slot(number);
    co_await slot.read;
    slot.buffer = {};
  }
}

}  // namespace zonecopy
