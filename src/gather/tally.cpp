#include "src/gather/tally.h"

#include <algorithm>
#include <utility>

namespace zonecopy::gather {

Tally::Tally(std::vector<std::uint64_t> lengths_bytes, std::uint64_t offset_bytes)
    : lengths_bytes_(std::move(lengths_bytes)) {
  report_.offset_bytes = offset_bytes;
  report_.range_bytes.resize(lengths_bytes_.size());
  skip_complete();
}

void Tally::skip_complete() {
  while (next_ < lengths_bytes_.size() && report_.range_bytes[next_] == lengths_bytes_[next_]) ++next_;
}

void Tally::add(GatherWay way, const Copied& copied, std::uint64_t commands) {
  report_.commands += commands;
  if (copied.bytes() == 0 && commands == 0) return;
  report_.bytes_offloaded += copied.offloaded_bytes;
  report_.bytes_kernel += copied.kernel_bytes;
  report_.bytes_emulated += copied.emulated_bytes;
  report_.bytes += copied.bytes();
  if (std::find(report_.ways.begin(), report_.ways.end(), way) == report_.ways.end()) report_.ways.push_back(way);
  std::uint64_t left_bytes = copied.bytes();
  while (left_bytes > 0 && !complete()) {
    std::uint64_t& done_bytes = report_.range_bytes[next_];
    const std::uint64_t count = std::min(lengths_bytes_[next_] - done_bytes, left_bytes);
    done_bytes += count;
    left_bytes -= count;
    skip_complete();
  }
}

void Tally::note_reason(std::string why) {
  if (!why.empty()) report_.not_offloaded_because = std::move(why);
}

void Tally::fail(Error error) {
  if (!report_.error) report_.error = std::move(error);
}

GatherReport Tally::report() const {
  GatherReport report = report_;
  if (report.error && !complete()) report.failed_range = next_;
  // A reason that something else was then offloaded in spite of is none.
  if (!report.error && report.bytes == report.bytes_offloaded) report.not_offloaded_because.clear();
  return report;
}

}  // namespace zonecopy::gather
