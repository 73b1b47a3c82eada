// What a clone finds before it writes anything.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/clone/clone.h"
#include "tools/clone/compare.h"
#include "tools/clone/device_pair.h"
#include "tools/clone/workers.h"
#include "zonefs/format/existing_content.h"

namespace zonecopy::cloning {
namespace {

// Reads go on beside each other, however many zones may be written at once.
constexpr std::uint32_t reading_jobs = 4;

Error make_error(const Side& side, int code, std::string detail) {
  return Error(code, "clone", std::move(detail)).on_device(side.name);
}

bool holds_data(const ZoneFacts& zone) { return zone.sequential && (zone.full || zone.size_bytes > 0); }

/// "zone 7", or "zone 7 and 3 more".
std::string list_text(const Side& side, const std::vector<std::size_t>& zones) {
  const std::string& first = side.zones[zones.front()].name;
  return zones.size() == 1 ? first : fmt::format("{} and {} more", first, zones.size() - 1);
}

}  // namespace

bool Preparation::nothing_left() const {
  const auto done = [](const ZoneTask& task) { return task.done(); };
  return resets.empty() && std::ranges::all_of(plan.tasks, done) && (!super_block || super_block_stands);
}

Task<Status> Clone::prepare() {
  const Status loaded = co_await pair_.load();
  if (!loaded) co_return loaded;
  const Status read = co_await read_source_super_block();
  if (!read) co_return read;
  const Result<std::uint32_t> jobs = choose_jobs(pair_.destination(), options_.jobs);
  if (!jobs) co_return jobs.error();
  prepared_.jobs = *jobs;
  const Status found = co_await find_data_ends();
  if (!found) co_return found;
  Result<ClonePlan> plan = make_plan(pair_.source(), pair_.destination(), rules());
  if (!plan) co_return plan.error();
  prepared_.plan = std::move(*plan);
  const Status looked = co_await look_at_destination();
  if (!looked) co_return looked;
  count();
  co_return Status();
}

Task<Status> Clone::read_source_super_block() {
  if (devices_ == nullptr || pair_.source().zones.empty()) co_return Status();
  const Zone& zone_0 = devices_->source_zones().front();
  auto super_block = co_await read_super_block(devices_->source_device(), zone_0);
  if (!super_block) co_return super_block.error();
  source_super_block_ = std::move(*super_block);
  co_return Status();
}

PlanRules Clone::rules() const {
  PlanRules rules;
  rules.by_order = devices_ == nullptr || source_super_block_.has_value();
  rules.zone_0_apart = source_super_block_.has_value();
  rules.conventional_together = source_super_block_ && source_super_block_->features.aggregate_conventional;
  rules.skip_bad = options_.skip_bad;
  return rules;
}

/// A zone that was finished early reads as zeros behind its data: these are not copied, but made by finishing.
Task<Status> Clone::find_data_ends() {
  std::vector<ZoneTask> full;
  const std::vector<ZoneFacts>& zones = pair_.source().zones;
  for (std::size_t i = source_super_block_ ? 1 : 0; i < zones.size(); ++i) {
    if (!zones[i].sequential || !zones[i].full) continue;
    full.emplace_back().source = i;
    full.back().end_bytes = zones[i].capacity_bytes;
  }
  std::vector<ZoneTask*> tasks;
  for (ZoneTask& task : full) tasks.push_back(&task);
  const ZoneStep step = [this](ZoneTask& task) { return find_zone_end(task); };
  const Status found = co_await for_each_zone(loop_, std::move(tasks), reading_jobs, step, watch_);
  co_return found;
}

Task<Status> Clone::find_zone_end(ZoneTask& task) {
  const Result<std::uint64_t> end_bytes = co_await find_data_end(pair_, task.source, task.end_bytes, watch_);
  if (!end_bytes) co_return end_bytes.error();
  pair_.set_source_end(task.source, *end_bytes);
  co_return Status();
}

Task<Status> Clone::look_at_destination() {
  if (devices_ != nullptr) {
    const Status content = co_await check_existing_content();
    if (!content) co_return content;
    const Status zone_0 = co_await look_at_zone_0();
    if (!zone_0) co_return zone_0;
  }
  Task<Status> looking = options_.resume ? compare_with_source() : find_data_in_the_way();
  const Status looked = co_await looking;
  if (!looked) co_return looked;
  const Status accepted = refuse_or_reset();
  if (!accepted) co_return accepted;
  co_return check_places();
}

/// Which super block is to be written, and whether it stands there already.
Task<Status> Clone::look_at_zone_0() {
  if (!source_super_block_) co_return Status();
  const Side& side = pair_.destination();
  const ZoneFacts& facts = side.zones.front();
  if (facts.health != Health::good) {
    co_return make_error(side, EROFS, "zone 0, which would hold the super block, is read-only or offline");
  }
  prepared_.super_block = source_super_block_;
  if (!options_.same_uuid) prepared_.super_block->uuid = random_uuid();
  if (!options_.resume) co_return Status();

  ZonedDevice& device = devices_->destination_device();
  const Zone& zone = devices_->destination_zones().front();
  Result<bool> begun = co_await holds_begun(device, zone, *source_super_block_);
  if (!begun) co_return begun.error();
  const auto there = co_await read_super_block(device, zone);
  if (!there) co_return there.error();
  if (*begun && !there->has_value() && facts.sequential && facts.size_bytes > zonefs::super_block_size_bytes) {
    // More than a part of a super block: behind the zeros may be anything.
    const Result<bool> anything = co_await holds_anything(pair_, 0, facts.size_bytes, watch_);
    if (!anything) co_return anything.error();
    begun = !*anything;
  }
  if (!*begun && !options_.force) {
    co_return make_error(
        side, EEXIST,
        "zone 0 holds something else than the super block of such a clone: this is not the destination "
        "of one that was interrupted; --resume --force overwrites it all the same");
  }
  if (!*begun || !there->has_value()) co_return Status();
  // A clone that was complete, or nearly, keeps the UUID by which somebody may know it already.
  if (!options_.same_uuid) prepared_.super_block->uuid = (*there)->uuid;
  const bool same = (*there)->uuid == prepared_.super_block->uuid;
  prepared_.super_block_stands = same && (!facts.sequential || facts.full);
  co_return Status();
}

Task<Status> Clone::check_existing_content() {
  if (options_.force) co_return Status();
  // What a clone of zonefs has begun is recognised by the data of its zones, and zone 0 holds its super block or nothing.
  const bool begun = options_.resume && source_super_block_;
  std::span<const Zone> zones = devices_->destination_zones();
  if (begun) zones = zones.first(1);
  const auto content = co_await zonefs::find_existing_content(devices_->destination_device(), zones);
  if (!content) co_return content.error();
  if (!content->has_value() || (begun && **content == zonefs::zonefs_content)) co_return Status();
  const auto own = co_await zonefs::find_existing_content(devices_->source_device(), devices_->source_zones());
  if (!own) co_return own.error();
  const bool may_be_own = *own == *content;
  // What is not zonefs may have come with the first zones already.
  if (options_.resume && !begun && may_be_own) co_return Status();
  const bool may_go_on = !options_.resume && may_be_own;
  co_return make_error(pair_.destination(), EEXIST,
                       fmt::format("it appears to contain {}: --force overwrites it{}", **content,
                                   may_go_on ? ", --resume goes on with a clone that was interrupted" : ""));
}

Status Clone::refuse_or_reset() {
  if (foreign_.empty()) return {};
  const Side& side = pair_.destination();
  const std::string who = list_text(side, foreign_) + (foreign_.size() == 1 ? " holds" : " hold");
  if (!options_.force && options_.resume) {
    return make_error(side, EEXIST,
                      fmt::format("{} other data than the source: this is not what a clone of it has left; "
                                  "--resume --force starts such zones again",
                                  who));
  }
  if (!options_.force) {
    return make_error(side, EEXIST,
                      fmt::format("{} data, and the destination has to be empty: --resume goes on with a clone "
                                  "that was interrupted, --force resets its zones",
                                  who));
  }
  std::vector<ZoneTask*> task_of(side.zones.size(), nullptr);
  for (ZoneTask& task : prepared_.plan.tasks) task_of[task.destination] = &task;
  for (const std::size_t zone : foreign_) {
    if (source_super_block_ && zone == 0) continue;  // wiped before all others
    if (task_of[zone] == nullptr) {
      prepared_.resets.push_back(zone);
    } else {
      task_of[zone]->reset = true;
    }
  }
  return {};
}

/// Where nothing was said of what is there, all of it has to be empty. A conventional zone is where it holds zeros only.
Task<Status> Clone::find_data_in_the_way() {
  const std::vector<ZoneFacts>& zones = pair_.destination().zones;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (holds_data(zones[i]) && zones[i].writable) foreign_.push_back(i);
  }
  if (options_.force) co_return Status();
  std::vector<ZoneTask*> tasks;
  std::uint64_t total_bytes = 0;
  for (ZoneTask& task : prepared_.plan.tasks) {
    if (task.sequential) continue;
    tasks.push_back(&task);
    total_bytes += task.end_bytes;
  }
  watch_.begin("look", total_bytes);
  const ZoneStep step = [this](ZoneTask& task) { return look_at_conventional(task); };
  const Status looked = co_await for_each_zone(loop_, std::move(tasks), reading_jobs, step, watch_);
  std::ranges::sort(foreign_);
  co_return looked;
}

Task<Status> Clone::look_at_conventional(ZoneTask& task) {
  const Result<bool> anything = co_await holds_anything(pair_, task.destination, task.end_bytes, watch_);
  if (!anything) co_return anything.error();
  if (*anything) foreign_.push_back(task.destination);
  watch_.copied(task.end_bytes);
  co_return Status();
}

Task<Status> Clone::compare_with_source() {
  const std::vector<ZoneFacts>& zones = pair_.destination().zones;
  std::vector<bool> mapped(zones.size(), false);
  std::vector<ZoneTask*> tasks;
  std::uint64_t total_bytes = 0;
  for (ZoneTask& task : prepared_.plan.tasks) {
    mapped[task.destination] = true;
    const ZoneFacts& zone = zones[task.destination];
    if (task.sequential && !holds_data(zone)) continue;
    tasks.push_back(&task);
    total_bytes += task.sequential ? std::min(zone.size_bytes, task.end_bytes) : task.end_bytes;
  }
  // What was brought of a zone that cannot be read any more may be the last copy of it: that is left alone.
  for (const SkippedZone& zone : prepared_.plan.skipped) {
    if (zone.destination) mapped[*zone.destination] = true;
  }
  for (std::size_t i = source_super_block_ ? 1 : 0; i < zones.size(); ++i) {
    if (!mapped[i] && holds_data(zones[i]) && zones[i].writable) foreign_.push_back(i);
  }
  watch_.begin("compare", total_bytes);
  const ZoneStep step = [this](ZoneTask& task) { return compare_zone(task); };
  const Status compared = co_await for_each_zone(loop_, std::move(tasks), reading_jobs, step, watch_);
  std::ranges::sort(foreign_);
  co_return compared;
}

/// Finds how much of a zone an earlier clone has brought: of a sequential zone its beginning, or it is not the clone's.
Task<Status> Clone::compare_zone(ZoneTask& task) {
  const ZoneFacts& zone = pair_.destination().zones[task.destination];
  // A smaller zone may become full by what is only a part of one.
  const bool may_be_full = task.finish || task.end_bytes == zone.capacity_bytes;
  const bool can_be = !task.sequential || (zone.full ? may_be_full : zone.size_bytes <= task.end_bytes);
  if (!can_be) {
    foreign_.push_back(task.destination);
    co_return Status();
  }
  const bool whole = !task.sequential || zone.full;
  const ByteRange range{0, whole ? task.end_bytes : zone.size_bytes};
  Result<Differences> differences = co_await find_differences(pair_, task, range, task.sequential, watch_);
  if (!differences) co_return differences.error();
  watch_.copied(range.end_bytes);
  if (!task.sequential) {
    // It is written over where it is, so nothing but what can have come from the source may be there.
    if (differences->other_data && !options_.force) foreign_.push_back(task.destination);
    task.ranges = std::move(differences->ranges);
  } else if (!differences->ranges.empty()) {
    foreign_.push_back(task.destination);
  } else {
    task.finished = zone.full;
    task.ranges.clear();
    if (range.end_bytes < task.end_bytes) task.ranges.push_back({range.end_bytes, task.end_bytes});
  }
  co_return Status();
}

void Clone::count() {
  for (const ZoneTask& task : prepared_.plan.tasks) {
    prepared_.to_copy_bytes += task.bytes_to_copy();
    if (options_.resume) prepared_.found_bytes += task.end_bytes - task.bytes_to_copy();
  }
}

}  // namespace zonecopy::cloning
