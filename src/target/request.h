// The commands of a queue that are under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/nvme/fabrics/queue_entry.h"
#include "src/target/command_memory.h"
#include "src/target/data_check.h"
#include "zonecopy/buffer.h"
#include "zonecopy/sync.h"

namespace zonecopy::target {

/// One command, from its capsule to its response. Used again for later ones.
struct Request {
  nvme::fabrics::SubmissionEntry entry;
  Transfer transfer;
  DataPath path = DataPath::none;
  MemoryShare::Portion portion;  ///< of what the host may have of the memory
  BufferPool::Loan loan;         ///< memory for the data
  std::span<std::byte> data;     ///< the part of it that the command uses: transfer.length_bytes
  std::uint16_t tag = 0;         ///< TTAG of its R2T: the number of the request
  bool awaits_data = false;      ///< an R2T was sent, and not all data has come
  bool digest_wrong = false;     ///< of its data
  bool id_in_use = false;        ///< another command without a response has the same identifier
  std::uint32_t received_bytes = 0;
  std::int64_t asked_ms = 0;  ///< when the R2T was sent
  Event arrived;              ///< all data has come, or the connection has ended
};

/// The requests of a queue: as many as it has been given entries. On the loop's thread only.
class RequestTable {
 public:
  /// More entries than before. Requests stay where they are.
  void grow(std::uint32_t entries);
  /// A request that is not in use; null where all are.
  [[nodiscard]] Request* take();
  /// The request may be used again; its data is given back.
  void release(Request& request);
  /// The request that waits for data under this tag; null where none does.
  [[nodiscard]] Request* find_waiting(std::uint16_t tag, std::uint16_t command_id) const;
  /// The event to await where take() gave null.
  [[nodiscard]] Event& released() { return released_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Request>>& all() const { return requests_; }

 private:
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<Request*> free_;
  Event released_;
};

}  // namespace zonecopy::target
