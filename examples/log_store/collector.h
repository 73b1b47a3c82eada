// The garbage collector: empties the zone that has the least data that still counts.
//
//   1. The records that count are copied to the end of another zone, all of them by one call: neighbours are one range, and
//      a drive with NVMe Copy moves 256 ranges by one command without a byte passing through the host.
//   2. The copies are made durable.
//   3. Only then the zone is reset.
//
// If it is stopped between these, nothing is lost: the zone still has its records, and the next run begins anew.
#pragma once

#include <memory>

#include "examples/log_store/mover.h"
#include "examples/log_store/store.h"

namespace log_store {

/// One at a time for a store, on a thread of its own or between puts.
class Collector {
 public:
  /// The store must outlive it.
  static zonecopy::Result<std::unique_ptr<Collector>> create(Store& store, Way way);

  /// Empties one zone. False: there is no garbage.
  zonecopy::Result<bool> collect();

  /// What `change`, which puts or removes, returns; while that is ENOSPC garbage is collected, and it is tried again.
  template <typename Change>
  zonecopy::Status collect_for(const Change& change) {
    while (true) {
      zonecopy::Status changed = change();
      if (changed || changed.error().code() != ENOSPC) return changed;
      const auto collected = collect();
      if (!collected) return collected.error();
      if (!*collected) return changed;
    }
  }

 private:
  Collector(Store& store, std::unique_ptr<Mover> mover) : store_(store), mover_(std::move(mover)) {}
  zonecopy::Status copy_records(const Store::Victim& victim);

  Store& store_;
  std::unique_ptr<Mover> mover_;
};

}  // namespace log_store
