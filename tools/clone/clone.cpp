#include "tools/clone/clone.h"

#include <algorithm>
#include <utility>

#include "tools/clone/device_pair.h"
#include "tools/clone/workers.h"

namespace zonecopy::cloning {

void Copied::add(const Copied& other) {
  bytes_offloaded += other.bytes_offloaded;
  bytes_kernel += other.bytes_kernel;
  bytes_emulated += other.bytes_emulated;
  commands += other.commands;
  if (not_offloaded_because.empty()) not_offloaded_because = other.not_offloaded_because;
  if (!error) error = other.error;
}

/// The zones in the order in which they are copied. A zone that becomes full frees its place among the active ones, and
/// the others keep theirs. So the full ones come first, of these those that are active since an earlier clone.
struct Clone::Phases {
  std::vector<ZoneTask*> full;    ///< and conventional ones, which take no place
  std::vector<ZoneTask*> partly;  ///< that stay active
  std::vector<ZoneTask*> last;    ///< zone 0, where a file system would be recognised
  /// Behind zone 0, because all places that the destination has are needed, and zone 0 needs one for a moment.
  std::vector<ZoneTask*> deferred;
};

/// Whether the zones that stay active take all places of the destination, so that zone 0 has none to be written.
bool Clone::needs_last_place() const {
  const std::uint32_t active_max = pair_.destination().limits.max_active_zones;
  return pair_.destination().zones.front().sequential && active_max != 0 && prepared_.active_at_end >= active_max;
}

Clone::Phases Clone::phases() {
  const std::vector<ZoneFacts>& zones = pair_.destination().zones;
  Phases phases;
  for (ZoneTask& task : prepared_.plan.tasks) {
    if (task.done()) continue;
    const bool stays_active = task.sequential && !task.finish;
    const bool zone_0 = devices_ != nullptr && task.destination == 0;
    (zone_0 ? phases.last : stays_active ? phases.partly : phases.full).push_back(&task);
  }
  const auto active = [&zones](const ZoneTask* task) { return zones[task->destination].active && !task->reset; };
  std::ranges::stable_partition(phases.full, active);
  std::ranges::stable_partition(phases.partly, active);
  // One that is active since an earlier clone has its place already, and is not put off.
  if (devices_ != nullptr && needs_last_place() && !phases.partly.empty() && !active(phases.partly.back())) {
    phases.deferred.push_back(phases.partly.back());
    phases.partly.pop_back();
  }
  return phases;
}

Task<Status> Clone::carry_out() {
  if (prepared_.nothing_left()) co_return Status();
  watch_.begin("clone", prepared_.to_copy_bytes);
  const Status wiped = co_await wipe_zone_0();
  if (!wiped) co_return wiped;
  const Status reset = co_await reset_zones();
  if (!reset) co_return reset;
  Phases order = phases();
  const Status full = co_await copy_zones(std::move(order.full));
  if (!full) co_return full;
  const Status partly = co_await copy_zones(std::move(order.partly));
  if (!partly) co_return partly;
  const Status durable = co_await pair_.flush();
  if (!durable) co_return durable;
  const Status last = co_await copy_zones(std::move(order.last));
  if (!last) co_return last;
  const Status written = co_await write_zone_0();
  if (!written) co_return written;
  const Status deferred = co_await copy_zones(std::move(order.deferred));
  if (!deferred) co_return deferred;
  const Status flushed = co_await pair_.flush();
  co_return flushed;
}

/// What was interrupted must not look like a file system, neither like the one that was there before. But one that is the
/// clone's own stays: what is missing is only what its source has got since, and should the source be gone, it is all
/// that there is.
Task<Status> Clone::wipe_zone_0() {
  if (devices_ == nullptr || prepared_.super_block_stands) co_return Status();
  const Zone& zone_0 = devices_->destination_zones().front();
  // Of what is no zonefs, zone 0 is data that was compared: it is not taken away from what goes on.
  if (!prepared_.super_block && (zone_0.sequential() || options_.resume)) co_return Status();
  const Status wiped = co_await wipe_super_block(devices_->destination_device(), zone_0);
  co_return wiped;
}

Task<Status> Clone::write_zone_0() {
  if (!prepared_.super_block || prepared_.super_block_stands) co_return Status();
  const Zone& zone_0 = devices_->destination_zones().front();
  const Status written = co_await write_super_block(devices_->destination_device(), zone_0, *prepared_.super_block);
  co_return written;
}

Task<Status> Clone::reset_zones() {
  std::vector<ZoneTask> others(prepared_.resets.size());
  std::vector<ZoneTask*> tasks;
  for (std::size_t i = 0; i < others.size(); ++i) {
    others[i].destination = prepared_.resets[i];
    tasks.push_back(&others[i]);
  }
  for (ZoneTask& task : prepared_.plan.tasks) {
    if (task.reset) tasks.push_back(&task);
  }
  const ZoneStep step = [this](ZoneTask& task) { return reset_zone(task); };
  const Status reset = co_await for_each_zone(loop_, std::move(tasks), prepared_.jobs, step, watch_);
  co_return reset;
}

Task<Status> Clone::reset_zone(ZoneTask& task) {
  const Status reset = co_await pair_.reset(task.destination);
  co_return reset;
}

Task<Status> Clone::copy_zones(std::vector<ZoneTask*> tasks) {
  const ZoneStep step = [this](ZoneTask& task) { return copy_zone(task); };
  const Status copied = co_await for_each_zone(loop_, std::move(tasks), prepared_.jobs, step, watch_);
  co_return copied;
}

Task<Status> Clone::copy_zone(ZoneTask& task) {
  for (const ByteRange range : task.ranges) {
    const Copied part = co_await pair_.copy(task, range);
    copied_.add(part);
    if (part.error) co_return *part.error;
  }
  Status ended;
  if (task.finish) {
    ended = co_await pair_.finish(task.destination);
  } else if (task.sequential && !task.ranges.empty()) {
    ended = co_await pair_.close(task.destination);
  }
  if (ended) ++zones_done_;
  co_return ended;
}

}  // namespace zonecopy::cloning
