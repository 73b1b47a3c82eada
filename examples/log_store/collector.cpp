#include "examples/log_store/collector.h"

namespace log_store {

using zonecopy::Result;
using zonecopy::Status;

namespace {

/// Where records are; neighbours are one range.
std::vector<Range> ranges_of(std::span<const Record> records) {
  std::vector<Range> ranges;
  std::uint64_t end_bytes = 0;
  for (const Record& record : records) {
    if (ranges.empty() || record.offset_bytes != end_bytes) ranges.push_back({record.offset_bytes, 0});
    ranges.back().length_bytes += record.length_bytes;
    end_bytes = record.end_bytes();
  }
  return ranges;
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::create(Store& store, Way way) {
  auto mover = Mover::create(way);
  if (!mover) return mover.error();
  return std::unique_ptr<Collector>(new Collector(store, std::move(*mover)));
}

Result<bool> Collector::collect() {
  const auto victim = store_.begin_collection();
  if (!victim) return false;
  if (Status ended = store_.end_collection(*victim, copy_records(*victim)); !ended) return ended.error();
  return true;
}

/// One copy; two where the records go into a zone that then is full, and on into the next.
Status Collector::copy_records(const Store::Victim& victim) {
  std::span<const Record> left = victim.live;
  while (!left.empty()) {
    const auto place = store_.find_place(left);
    if (!place) return place.error();
    const std::span<const Record> fitting = left.first(place->records);
    const Status copied = mover_->move(store_.file(victim.zone), ranges_of(fitting), store_.file(place->zone));
    if (Status ended = store_.end_copy(place->zone, fitting, copied); !ended) return ended;
    left = left.subspan(place->records);
  }
  return {};
}

}  // namespace log_store
