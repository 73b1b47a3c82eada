#include "tools/clone/compare.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "zonecopy/buffer.h"

namespace zonecopy::cloning {
namespace {

constexpr std::uint64_t piece_bytes = 64U << 10;
constexpr std::uint64_t step_bytes = 1U << 20;

Error interrupted_error() { return Error(EINTR, "clone", "interrupted"); }

/// Whole blocks of both sides, and a page at least, in which a buffer is allotted.
std::uint64_t step_of(const Pair& pair) { return std::min(step_bytes, pair.read_max_bytes()); }

void add_range(std::vector<ByteRange>& ranges, ByteRange range) {
  if (!ranges.empty() && ranges.back().end_bytes == range.begin_bytes) {
    ranges.back().end_bytes = range.end_bytes;
  } else {
    ranges.push_back(range);
  }
}

/// Whether all of `there` is what `wanted` has at the same place, or zero.
bool nothing_else(std::span<const std::byte> wanted, std::span<const std::byte> there) {
  return std::ranges::equal(wanted, there,
                            [](std::byte one, std::byte other) { return other == one || other == std::byte{0}; });
}

void compare_step(std::span<const std::byte> one, std::span<const std::byte> other, std::uint64_t offset_bytes,
                  Differences& differences) {
  for (std::uint64_t at = 0; at < one.size(); at += piece_bytes) {
    const std::uint64_t length = std::min<std::uint64_t>(piece_bytes, one.size() - at);
    if (std::memcmp(one.data() + at, other.data() + at, length) == 0) continue;
    differences.other_data =
        differences.other_data || !nothing_else(one.subspan(at, length), other.subspan(at, length));
    add_range(differences.ranges, {offset_bytes + at, offset_bytes + at + length});
  }
}

bool zeros(std::span<const std::byte> data) {
  return data.empty() ||
         (data.front() == std::byte{0} && std::memcmp(data.data(), data.data() + 1, data.size() - 1) == 0);
}

}  // namespace

Task<Result<Differences>> find_differences(Pair& pair, const ZoneTask& task, ByteRange range, bool first_only,
                                           const Watch& watch) {
  Differences differences;
  const std::uint64_t step = step_of(pair);
  const Buffer one(step);
  const Buffer other(step);
  for (std::uint64_t at = range.begin_bytes; at < range.end_bytes;) {
    if (watch.stopped()) co_return interrupted_error();
    const std::uint64_t length = std::min(step, range.end_bytes - at);
    const Status from = co_await pair.read_source(task.source, at, one.first(length));
    if (!from) co_return from.error();
    const Status to = co_await pair.read_destination(task.destination, at, other.first(length));
    if (!to) co_return to.error();
    compare_step(one.first(length), other.first(length), at, differences);
    if (first_only && !differences.ranges.empty()) break;
    at += length;
  }
  co_return differences;
}

Task<Result<std::uint64_t>> find_data_end(Pair& pair, std::size_t zone, std::uint64_t end_bytes, const Watch& watch) {
  const std::uint64_t step = step_of(pair);
  const Buffer buffer(step);
  std::uint64_t end = end_bytes;
  while (end > 0) {
    if (watch.stopped()) co_return interrupted_error();
    // From the end on, so that a zone that is full of data costs one read.
    const std::uint64_t begin = (end - 1) / step * step;
    const std::span<std::byte> data = buffer.first(end - begin);
    const Status read = co_await pair.read_source(zone, begin, data);
    if (!read) co_return read.error();
    if (!zeros(data)) break;
    end = begin;
  }
  co_return end;
}

Task<Result<bool>> holds_anything(Pair& pair, std::size_t zone, std::uint64_t end_bytes, const Watch& watch) {
  const std::uint64_t step = step_of(pair);
  const Buffer buffer(step);
  for (std::uint64_t at = 0; at < end_bytes; at += step) {
    if (watch.stopped()) co_return interrupted_error();
    const std::span<std::byte> data = buffer.first(std::min(step, end_bytes - at));
    const Status read = co_await pair.read_destination(zone, at, data);
    if (!read) co_return read.error();
    if (!zeros(data)) co_return true;
  }
  co_return false;
}

}  // namespace zonecopy::cloning
