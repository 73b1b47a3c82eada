// A zoned image as a device against a model of one, by chance.
#include <cstdlib>
#include <optional>

#include "tests/support/random.h"
#include "tests/support/seed.h"
#include "tests/unit/device/image/image_device_fixture.h"

namespace zonecopy::test {
namespace {

/// What the device should be like: states by the state machine, contents in memory.
class Model {
 public:
  struct ZoneModel {
    bool conventional = false;
    ZoneState state;
    std::uint64_t capacity = 0;
    std::uint64_t opened = 0;  ///< orders the implicitly open zones
    Stamps stamps;
  };

  Model(const std::vector<Zone>& zones, const ResourceLimits& limits) : limits_(limits) {
    for (const Zone& zone : zones) {
      ZoneModel model;
      model.conventional = !zone.sequential();
      model.state = {zone.condition, 0};
      model.capacity = zone.capacity_blocks;
      model.stamps = Stamps(zone.length_blocks, 0);
      zones_.push_back(std::move(model));
    }
  }

  /// The errno that `request` is to give; 0 if it is carried out, which then has happened.
  int apply(ZoneIndex index, const ZoneRequest& request) {
    ZoneModel& zone = zones_[index];
    const auto verdict = transition(zone.state, request, zone.capacity, use(), limits_);
    if (const auto* refusal = std::get_if<ZoneRefusal>(&verdict)) return to_errno(*refusal);
    const auto& change = std::get<ZoneTransition>(verdict);
    if (change.evicts_implicit_open) {
      ZoneModel& victim = *std::min_element(zones_.begin(), zones_.end(), [](const ZoneModel& a, const ZoneModel& b) {
        return evictable(a) != evictable(b) ? evictable(a) : a.opened < b.opened;
      });
      victim.state.condition = ZoneCondition::closed;
    }
    const bool was_implicit = zone.state.condition == ZoneCondition::implicit_open;
    zone.state = change.after;
    if (evictable(zone) && !was_implicit) zone.opened = ++sequence_;
    if (request.command == ZoneCommand::reset) std::fill(zone.stamps.begin(), zone.stamps.end(), 0);
    return 0;
  }
  void put(ZoneIndex index, std::uint64_t offset, const Stamps& stamps) {
    std::copy(stamps.begin(), stamps.end(), zones_[index].stamps.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  void reopen() {
    for (ZoneModel& zone : zones_) {
      if (!is_open(zone.state.condition)) continue;
      zone.state.condition = zone.state.write_pointer_blocks == 0 ? ZoneCondition::empty : ZoneCondition::closed;
    }
  }
  ZoneModel& operator[](ZoneIndex index) { return zones_[index]; }
  [[nodiscard]] std::uint32_t open_zones() const { return use().implicit_open + use().explicit_open; }

 private:
  static bool evictable(const ZoneModel& zone) { return zone.state.condition == ZoneCondition::implicit_open; }
  [[nodiscard]] ResourceUse use() const {
    ResourceUse use;
    for (const ZoneModel& zone : zones_) {
      if (zone.state.condition == ZoneCondition::implicit_open) ++use.implicit_open;
      if (zone.state.condition == ZoneCondition::explicit_open) ++use.explicit_open;
      if (zone.state.condition == ZoneCondition::closed) ++use.closed;
    }
    return use;
  }

  ResourceLimits limits_;
  std::vector<ZoneModel> zones_;
  std::uint64_t sequence_ = 0;
};

class ImageModel : public ImageDeviceOfBlocks {
 protected:
  static constexpr std::uint32_t zones = 9;
  static constexpr std::uint32_t conventional_zones = 2;

  void run_operations(std::uint64_t seed, const ResourceLimits& limits, int operations) {
    SCOPED_TRACE(
        fmt::format("seed {}, at most {} open, {} active", seed, limits.max_open_zones, limits.max_active_zones));
    random_ = Random(seed);
    ImageSpec spec = spec_of(GetParam(), zones, conventional_zones);
    spec.max_open_zones = limits.max_open_zones;
    spec.max_active_zones = limits.max_active_zones;
    create(spec);
    model_.emplace(report(), limits);
    for (int step = 0; step < operations && !HasFailure(); ++step) {
      SCOPED_TRACE(fmt::format("operation {}", step));
      one_operation();
      if (limits.max_open_zones != 0) {
        EXPECT_LE(model_->open_zones(), limits.max_open_zones);
      }
    }
  }

 private:
  void one_operation() {
    const std::uint64_t dice = random_.below(100);
    const auto zone = static_cast<ZoneIndex>(random_.below(zones));
    if (dice < 24) write_somewhere(zone);
    else if (dice < 30) write_zeroes_somewhere(zone);
    else if (dice < 45) append_somewhere(zone);
    else if (dice < 65) manage_somehow(zone);
    else if (dice < 78) copy_something(zone);
    else if (dice < 92) read_something();
    else if (dice < 96) compare_report();
    else if (dice < 98) reopen_all();
    else if (random_.percent(30)) turn_bad(zone);
  }
  /// At the write pointer mostly, and small mostly.
  std::uint64_t some_offset(ZoneIndex zone) {
    const Model::ZoneModel& model = (*model_)[zone];
    if (!model.conventional && !random_.percent(10)) return model.state.write_pointer_blocks;
    return random_.below(model.capacity);
  }
  Stamps some_stamps() {
    const std::uint64_t count = random_.percent(10) ? random_.between(1, zone_size) : random_.between(1, 4);
    next_stamp_ += count;
    return counting_from(next_stamp_ - count, count);
  }
  void write_somewhere(ZoneIndex zone) {
    const std::uint64_t offset = some_offset(zone);
    const Stamps stamps = some_stamps();
    const bool beyond_device = start_of(zone) + offset + stamps.size() > device().info().capacity_blocks;
    const int expected = beyond_device ? EINVAL : model_->apply(zone, {ZoneCommand::write, offset, stamps.size()});
    EXPECT_EQ(code_of(write(start_of(zone) + offset, stamps)), expected) << "write to zone " << zone;
    if (expected == 0) model_->put(zone, offset, stamps);
  }
  void write_zeroes_somewhere(ZoneIndex zone) {
    const std::uint64_t offset = some_offset(zone);
    const std::uint64_t blocks = random_.between(1, random_.percent(20) ? zone_size : 4);
    const bool beyond_device = start_of(zone) + offset + blocks > device().info().capacity_blocks;
    const int expected = beyond_device ? EINVAL : model_->apply(zone, {ZoneCommand::write, offset, blocks});
    EXPECT_EQ(code_of(write_zeroes(start_of(zone) + offset, blocks)), expected) << "write zeroes to zone " << zone;
    if (expected == 0) model_->put(zone, offset, Stamps(blocks, 0));
  }
  void append_somewhere(ZoneIndex zone) {
    const std::uint64_t offset = (*model_)[zone].state.write_pointer_blocks;
    const Stamps stamps = some_stamps();
    const bool conventional = (*model_)[zone].conventional;
    const int expected = conventional ? EINVAL : model_->apply(zone, {ZoneCommand::append, 0, stamps.size()});
    const Result<Lba> lba = append(zone, stamps);
    ASSERT_EQ(code_of(lba), expected) << "append to zone " << zone;
    if (expected != 0) return;
    EXPECT_EQ(*lba, start_of(zone) + offset);
    model_->put(zone, offset, stamps);
  }
  void manage_somehow(ZoneIndex zone) {
    constexpr std::pair<ZoneAction, ZoneCommand> choices[] = {{ZoneAction::open, ZoneCommand::open},
                                                              {ZoneAction::close, ZoneCommand::close},
                                                              {ZoneAction::finish, ZoneCommand::finish},
                                                              {ZoneAction::reset, ZoneCommand::reset}};
    const auto& [action, command] = choices[random_.below(4)];
    const int expected = model_->apply(zone, {command, 0, 0});
    EXPECT_EQ(code_of(manage(zone, action)), expected) << to_string(action) << " of zone " << zone;
  }
  /// Up to three pieces of what is written.
  void copy_something(ZoneIndex zone) {
    std::vector<CopyRange> ranges;
    Stamps stamps;
    for (std::uint64_t count = random_.between(1, 3); count != 0; --count) {
      const auto from = static_cast<ZoneIndex>(random_.below(zones));
      const Model::ZoneModel& source = (*model_)[from];
      const bool all = source.conventional || source.state.condition == ZoneCondition::full;
      const std::uint64_t readable = all ? source.capacity : source.state.write_pointer_blocks;
      if (readable == 0 || source.state.condition == ZoneCondition::offline) continue;
      if (source.conventional && from == zone) continue;  // source and destination could overlap
      const std::uint64_t start = random_.below(readable);
      const std::uint64_t blocks = random_.between(1, std::min<std::uint64_t>(readable - start, 5));
      ranges.push_back({start_of(from) + start, static_cast<std::uint32_t>(blocks)});
      const auto first = source.stamps.begin() + static_cast<std::ptrdiff_t>(start);
      stamps.insert(stamps.end(), first, first + static_cast<std::ptrdiff_t>(blocks));
    }
    if (ranges.empty()) return;
    const std::uint64_t offset = some_offset(zone);
    const int expected = model_->apply(zone, {ZoneCommand::write, offset, stamps.size()});
    const CopyOutcome outcome = copy(start_of(zone) + offset, ranges);
    EXPECT_EQ(outcome.failure ? outcome.failure->error.code() : 0, expected) << "copy to zone " << zone;
    EXPECT_EQ(outcome.blocks_copied, expected == 0 ? stamps.size() : 0);
    if (outcome.failure) {
      EXPECT_EQ(outcome.failure->decision, CopyDecision::fail);
    }
    if (expected == 0) model_->put(zone, offset, stamps);
  }
  void read_something() {
    const std::uint64_t device_blocks = device().info().capacity_blocks;
    const Lba lba = random_.below(device_blocks);
    const std::uint64_t blocks = random_.between(1, std::min(device_blocks - lba, 3 * zone_size));
    Stamps expected;
    bool offline = false;
    for (Lba at = lba; at < lba + blocks; ++at) {
      const ZoneIndex zone = device().info().zone_of(at);
      offline |= (*model_)[zone].state.condition == ZoneCondition::offline;
      expected.push_back((*model_)[zone].stamps[at - start_of(zone)]);
    }
    const Result<Stamps> stamps = try_read(lba, blocks);
    ASSERT_EQ(code_of(stamps), offline ? EIO : 0) << "read of " << blocks << " blocks at " << lba;
    if (stamps) {
      EXPECT_EQ(*stamps, expected) << "read at " << lba;
    }
  }
  void compare_report() {
    for (const Zone& zone : report()) {
      const ZoneState told{zone.condition, zone.write_pointer_lba - zone.start_lba};
      EXPECT_EQ(words_of(told), words_of((*model_)[zone.index].state)) << "zone " << zone.index;
    }
  }
  void reopen_all() {
    reopen();
    model_->reopen();
    compare_report();
  }
  void turn_bad(ZoneIndex zone) {
    const ZoneCondition condition = random_.percent(50) ? ZoneCondition::read_only : ZoneCondition::offline;
    set_bad(zone, condition);
    (*model_)[zone].state.condition = condition;
    compare_report();
  }

  Random random_{0};
  std::optional<Model> model_;
  std::uint64_t next_stamp_ = 1;
};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageModel, testing::Values(512, 4096));

TEST_P(ImageModel, RandomOperations) {
  const std::uint64_t seed = test_seed();
  int run_number = 0;
  for (const ResourceLimits& limits : {ResourceLimits{0, 0}, ResourceLimits{2, 0}, ResourceLimits{0, 3},
                                       ResourceLimits{2, 4}, ResourceLimits{1, 1}, ResourceLimits{3, 3}}) {
    run_operations(std::getenv("ZONECOPY_SEED") ? seed : seed + static_cast<std::uint64_t>(run_number++), limits, 400);
  }
}

}  // namespace
}  // namespace zonecopy::test
