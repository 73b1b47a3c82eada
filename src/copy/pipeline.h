// The transfers of an emulated copy under way: reads that run ahead, and writes in order.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "src/copy/linked_cancel.h"
#include "src/copy/pacing.h"
#include "src/copy/shared_transfer.h"
#include "zonecopy/buffer.h"
#include "zonecopy/sync.h"

namespace zonecopy {

class Pipeline {
 public:
  struct Limits {
    std::size_t reads = 1;   ///< at once
    std::size_t writes = 1;  ///< begun and not ended, for each destination
    /// How many transfers can be under way at once.
    [[nodiscard]] std::size_t slots() const { return reads + writes; }
  };

  /// All must outlive it. `cancel` may be null.
  Pipeline(EventLoop& loop, ZonedDevice& source, std::span<CopyBranch> branches,
           const std::vector<SharedTransfer>& transfers, BufferPool& buffers, Pacing& pacing, const Limits& limits,
           const CancelToken* cancel);

  /// Whether any destination has not dropped out.
  [[nodiscard]] bool anyone_left() const;
  /// Waits for the data of transfer `number` and starts its writes, or returns why the data could not be read. The
  /// writes of all transfers before `ended` have ended.
  Task<Status> begin(std::size_t number, std::size_t ended);
  /// Waits for the writes of transfer `number`, which has begun, and reports them.
  Task<void> finish(std::size_t number);
  /// Waits for the reads from `first` on that are still under way. Each gives its buffer back at once, because a later
  /// read, of this copy or another, may be waiting for it.
  Task<void> abandon(std::size_t first);

 private:
  /// One transfer under way. It has a buffer from the start of its read until its data is written.
  struct Slot {
    BufferPool::Loan buffer;
    Event admitted;  ///< the pace has let it pass
    Event read;
    Status status;  ///< of the read
    Event written;  ///< all writes have ended
    std::size_t writes_left = 0;
    std::vector<std::optional<Status>> results;  ///< of the writes, for each branch; nothing where it takes no part
  };

  [[nodiscard]] Slot& slot(std::size_t number) { return slots_[number % slots_.size()]; }
  /// Whether any of its destinations has not dropped out.
  [[nodiscard]] bool wanted(const SharedTransfer& transfer) const;
  void read_ahead(std::size_t next, std::size_t ended);
  Task<void> read(std::size_t number);
  Task<void> admit(std::size_t number);
  Task<void> fill(const SharedTransfer& transfer, Slot& slot);
  Task<void> write(std::size_t number, std::size_t branch_number);
  static void end_write(Slot& slot);

  EventLoop& loop_;
  ZonedDevice& source_;
  std::span<CopyBranch> branches_;
  const std::vector<SharedTransfer>& transfers_;
  BufferPool& buffers_;
  Pacing& pacing_;
  std::size_t reads_max_;
  std::vector<Slot> slots_;
  std::size_t started_ = 0;  ///< reads ever
  LinkedCancel stop_;        ///< no more reads are needed: the copy is cancelled, or abandoned
};

}  // namespace zonecopy
