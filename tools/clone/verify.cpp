// Reads both sides of a clone that is done, and compares.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/clone/clone.h"
#include "tools/clone/compare.h"
#include "tools/clone/device_pair.h"
#include "tools/clone/workers.h"

namespace zonecopy::cloning {
namespace {

constexpr std::uint32_t reading_jobs = 4;

/// A full zone is compared to its end, behind the data too. Where zones have other sizes, as far as both have it.
std::uint64_t bytes_to_verify(const Pair& pair, const ZoneTask& task) {
  if (!task.finish) return task.end_bytes;
  return std::min(pair.source().zones[task.source].capacity_bytes,
                  pair.destination().zones[task.destination].capacity_bytes);
}

}  // namespace

Task<Status> Clone::verify() {
  std::vector<ZoneTask*> tasks;
  std::uint64_t total_bytes = 0;
  for (ZoneTask& task : prepared_.plan.tasks) {
    tasks.push_back(&task);
    total_bytes += bytes_to_verify(pair_, task);
  }
  watch_.begin("verify", total_bytes);
  const ZoneStep step = [this](ZoneTask& task) { return verify_zone(task); };
  const Status compared = co_await for_each_zone(loop_, std::move(tasks), reading_jobs, step, watch_);
  if (!compared) co_return compared;
  const Status verified = co_await verify_super_block();
  co_return verified;
}

Task<Status> Clone::verify_zone(ZoneTask& task) {
  if (task.sequential) {
    const Result<std::uint64_t> end_bytes = co_await pair_.destination_end(task.destination);
    if (!end_bytes) co_return end_bytes.error();
    const ZoneFacts& zone = pair_.destination().zones[task.destination];
    const std::uint64_t expected = task.finish ? zone.capacity_bytes : task.end_bytes;
    if (*end_bytes != expected) {
      note_difference(task, fmt::format("its data ends at {}, not at {}", *end_bytes, expected));
      co_return Status();
    }
  }
  const ByteRange range{0, bytes_to_verify(pair_, task)};
  const Result<Differences> differences = co_await find_differences(pair_, task, range, true, watch_);
  if (!differences) co_return differences.error();
  if (!differences->ranges.empty()) {
    note_difference(task,
                    fmt::format("its contents differ from offset {} on", differences->ranges.front().begin_bytes));
  }
  verified_bytes_ += range.end_bytes;
  watch_.copied(range.end_bytes);
  co_return Status();
}

Task<Status> Clone::verify_super_block() {
  if (!prepared_.super_block) co_return Status();
  const Result<bool> same = co_await matches(devices_->destination_device(), *prepared_.super_block);
  if (!same) co_return same.error();
  if (!*same) {
    const Side& side = pair_.destination();
    differences_.push_back({"zone 0", side.zones.front().name, "it does not hold the super block"});
  }
  co_return Status();
}

void Clone::note_difference(const ZoneTask& task, std::string what) {
  differences_.push_back(
      {pair_.source().zones[task.source].name, pair_.destination().zones[task.destination].name, std::move(what)});
}

}  // namespace zonecopy::cloning
