// A zoned image as a device: it obeys the zone state machine, keeps what was written, and shows nothing else.
//
// Blocks are filled with one 64-bit number each, their stamp, so that a zone's content is a short list; 0 is a block that
// was never written.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "src/device/image/image_format.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/random.h"
#include "tests/support/seed.h"
#include "zonecopy/buffer.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/image.h"
#include "zonecopy/zone_state.h"

namespace zonecopy {
namespace {

namespace fs = std::filesystem;
using test::run_all;
using Stamps = std::vector<std::uint64_t>;

// Geometry of most tests, in blocks: the capacity is short of the size, and the last zone is shorter still.
constexpr std::uint64_t zone_size = 16;
constexpr std::uint64_t zone_capacity = 12;
constexpr std::uint64_t runt_size = 5;

ImageSpec spec_of(std::uint32_t block_size_bytes, std::uint32_t zones, std::uint32_t conventional_zones = 0) {
  ImageSpec spec;
  spec.block_size_bytes = block_size_bytes;
  spec.zone_size_bytes = zone_size * block_size_bytes;
  spec.zone_capacity_bytes = zone_capacity * block_size_bytes;
  spec.size_bytes = ((zones - 1) * zone_size + runt_size) * block_size_bytes;
  spec.conventional_zones = conventional_zones;
  return spec;
}

Stamps counting_from(std::uint64_t first, std::uint64_t count) {
  Stamps stamps(count);
  std::iota(stamps.begin(), stamps.end(), first);
  return stamps;
}

Stamps padded(Stamps stamps, std::uint64_t count) {
  stamps.resize(count, 0);
  return stamps;
}

template <typename T>
int code_of(const Result<T>& result) {
  return result ? 0 : result.error().code();
}

std::string words_of(const ZoneState& state) {
  return fmt::format("{} at {}", to_string(state.condition), state.write_pointer_blocks);
}

Task<void> write_into(ZonedDevice& device, Lba lba, std::span<const std::byte> data, int* code) {
  const Status done = co_await device.write(lba, data);
  *code = code_of(done);
}

Task<void> append_into(ZonedDevice& device, ZoneIndex zone, std::span<const std::byte> data, Result<Lba>* lba) {
  Result<Lba> done = co_await device.append(zone, data);
  *lba = std::move(done);
}

Task<void> manage_into(ZonedDevice& device, ZoneIndex zone, ZoneAction action, int* code) {
  const Status done = co_await device.manage_zone(zone, action);
  *code = code_of(done);
}

class ImageDeviceTest : public test::LoopTest {
 protected:
  ImageDeviceTest() {
    std::string name = (fs::temp_directory_path() / "zonecopy-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = folder_ / "disk.img";
  }
  ~ImageDeviceTest() override {
    device_.reset();
    fs::remove_all(folder_);
  }

  void create(const ImageSpec& spec) {
    device_.reset();
    fs::remove(path_);
    const Status created = create_image(path_.string(), spec);
    ASSERT_TRUE(created.ok()) << created.error().to_string();
    reopen();
  }
  void reopen() {
    device_.reset();
    Result<std::unique_ptr<ZonedDevice>> opened = open_image(loop(), path_.string(), false);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    device_ = std::move(*opened);
  }
  void close_device() { device_.reset(); }
  [[nodiscard]] ZonedDevice& device() { return *device_; }
  [[nodiscard]] Lba start_of(ZoneIndex zone) { return device_->info().zone_start(zone); }

  /// Blocks that carry these stamps.
  Buffer blocks_with(const Stamps& stamps) {
    const std::size_t block_bytes = device_->info().block_size_bytes;
    Buffer buffer(std::max<std::size_t>(stamps.size(), 1) * block_bytes);
    for (std::size_t i = 0; i < stamps.size(); ++i) {
      for (std::size_t at = 0; at < block_bytes; at += sizeof stamps[i]) {
        std::memcpy(buffer.data() + i * block_bytes + at, &stamps[i], sizeof stamps[i]);
      }
    }
    return buffer;
  }
  [[nodiscard]] std::span<std::byte> part(const Buffer& buffer, std::uint64_t count) {
    return buffer.first(count * device_->info().block_size_bytes);
  }
  Status write(Lba lba, const Stamps& stamps) {
    const Buffer buffer = blocks_with(stamps);
    return run(device_->write(lba, part(buffer, stamps.size())));
  }
  Result<Lba> append(ZoneIndex zone, const Stamps& stamps) {
    const Buffer buffer = blocks_with(stamps);
    return run(device_->append(zone, part(buffer, stamps.size())));
  }
  Status manage(ZoneIndex zone, ZoneAction action) { return run(device_->manage_zone(zone, action)); }
  CopyOutcome copy(Lba destination_lba, std::vector<CopyRange> ranges, const CancelToken* cancel = nullptr) {
    const CopyCommand command{destination_lba, std::move(ranges)};
    return run(device_->copy(*device_, command, cancel));
  }

  Result<Stamps> try_read(Lba lba, std::uint64_t count) {
    const std::size_t block_bytes = device_->info().block_size_bytes;
    const Buffer buffer(std::max<std::uint64_t>(count, 1) * block_bytes);
    std::memset(buffer.data(), 0xee, buffer.size());
    const Status done = run(device_->read(lba, part(buffer, count)));
    if (!done) return done.error();
    Stamps stamps(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::byte* const block = buffer.data() + i * block_bytes;
      std::memcpy(&stamps[i], block, sizeof stamps[i]);
      EXPECT_EQ(std::memcmp(block, block + 8, block_bytes - 8), 0) << "block " << lba + i << " is torn";
    }
    return stamps;
  }
  Stamps read(Lba lba, std::uint64_t count) {
    Result<Stamps> stamps = try_read(lba, count);
    EXPECT_TRUE(stamps.ok()) << stamps.error().to_string();
    return stamps ? *stamps : Stamps();
  }
  Stamps content(ZoneIndex zone) { return read(start_of(zone), length_of(zone)); }
  std::uint64_t length_of(ZoneIndex zone) {
    return std::min(device_->info().zone_size_blocks, device_->info().capacity_blocks - start_of(zone));
  }

  std::vector<Zone> report() {
    Result<std::vector<Zone>> zones = run(device_->report_zones(0, device_->info().zone_count));
    EXPECT_TRUE(zones.ok());
    return *zones;
  }
  ZoneState state(ZoneIndex zone) {
    const Result<std::vector<Zone>> zones = run(device_->report_zones(zone, 1));
    return {zones->at(0).condition, zones->at(0).write_pointer_lba - zones->at(0).start_lba};
  }
  std::string state_words(ZoneIndex zone) { return words_of(state(zone)); }

  // What only a test does, past the device: the file as it is.
  void write_file(std::uint64_t offset_bytes, const void* data, std::size_t size) {
    const FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(pwrite(file.get(), data, size, static_cast<off_t>(offset_bytes)), static_cast<ssize_t>(size));
  }
  void set_word(ZoneIndex zone, std::uint64_t word) {
    write_file(image::zone_table_offset_bytes + zone * sizeof word, &word, sizeof word);
  }
  void set_state(ZoneIndex zone, const ZoneState& state) {
    set_word(zone, image::pack(image::ZoneRecord{state.condition, state.write_pointer_blocks, 0}));
  }
  void set_bad(ZoneIndex zone, ZoneCondition condition) {
    const Status set = set_image_zone_condition(path_.string(), zone, condition);
    ASSERT_TRUE(set.ok()) << set.error().to_string();
  }
  std::uint64_t data_offset_bytes() {
    const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    image::HeaderBytes bytes{};
    EXPECT_EQ(pread(file.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    return image::decode(bytes)->data_offset_bytes;
  }

  fs::path folder_;
  fs::path path_;

 private:
  test::Watchdog watchdog_{testing::UnitTest::GetInstance()->current_test_info()->name(), 120};
  std::unique_ptr<ZonedDevice> device_;
};

class ImageDeviceOfBlocks : public ImageDeviceTest, public testing::WithParamInterface<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageDeviceOfBlocks, testing::Values(512, 4096));

// ---- The state machine -------------------------------------------------------------------------------------------

struct StartingPoint {
  const char* name;
  ZoneState state;
  bool conventional;
};
const std::vector<StartingPoint> starting_points = {
    {"conventional", {ZoneCondition::not_write_pointer, 0}, true},
    {"empty", {ZoneCondition::empty, 0}, false},
    {"implicit open", {ZoneCondition::implicit_open, 4}, false},
    {"explicit open, unwritten", {ZoneCondition::explicit_open, 0}, false},
    {"explicit open", {ZoneCondition::explicit_open, 4}, false},
    {"closed", {ZoneCondition::closed, 4}, false},
    {"full", {ZoneCondition::full, zone_capacity}, false},
    {"read-only", {ZoneCondition::read_only, 4}, false},
    {"offline", {ZoneCondition::offline, 4}, false},
    {"conventional, read-only", {ZoneCondition::read_only, 0}, true},
    {"conventional, offline", {ZoneCondition::offline, 0}, true},
};

std::vector<ZoneRequest> all_requests() {
  std::vector<ZoneRequest> requests;
  const std::uint64_t rest = zone_capacity - 4;
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{4}, std::uint64_t{5}, rest}) {
    for (const std::uint64_t blocks :
         {std::uint64_t{1}, rest, rest + 1, zone_capacity, zone_capacity + 1, zone_size + 1}) {
      requests.push_back({ZoneCommand::write, offset, blocks});
    }
  }
  for (const std::uint64_t blocks : {std::uint64_t{1}, rest, rest + 1, zone_capacity, zone_capacity + 1}) {
    requests.push_back({ZoneCommand::append, 0, blocks});
  }
  for (const ZoneCommand command : {ZoneCommand::open, ZoneCommand::close, ZoneCommand::finish, ZoneCommand::reset}) {
    requests.push_back({command, 0, 0});
  }
  return requests;
}

std::string words_of(const StartingPoint& start, const ZoneRequest& request) {
  return fmt::format("{} of {} at {}, {}", to_string(request.command), request.blocks, request.offset_blocks,
                     start.name);
}

/// Drives zones into conditions and asks the device and the state machine the same.
class ImageDeviceStates : public ImageDeviceOfBlocks {
 protected:
  /// By commands where commands lead there.
  void bring_to(ZoneIndex zone, const ZoneState& wanted) {
    const Stamps prepared = counting_from(1, wanted.write_pointer_blocks);
    if (wanted.condition == ZoneCondition::explicit_open) {
      ASSERT_TRUE(manage(zone, ZoneAction::open).ok());
    }
    if (!prepared.empty()) {
      ASSERT_TRUE(write(start_of(zone), prepared).ok());
    }
    if (wanted.condition == ZoneCondition::closed) {
      ASSERT_TRUE(manage(zone, ZoneAction::close).ok());
    }
    if (wanted.condition == ZoneCondition::read_only || wanted.condition == ZoneCondition::offline) {
      set_bad(zone, wanted.condition);
    }
    ASSERT_EQ(state_words(zone), words_of(wanted));
  }

  Status carry_out(ZoneIndex zone, const ZoneRequest& request) {
    switch (request.command) {
      case ZoneCommand::write: return write(start_of(zone) + request.offset_blocks, counting_from(100, request.blocks));
      case ZoneCommand::append: {
        const Result<Lba> lba = append(zone, counting_from(100, request.blocks));
        if (lba) return {};
        return lba.error();
      }
      case ZoneCommand::open: return manage(zone, ZoneAction::open);
      case ZoneCommand::close: return manage(zone, ZoneAction::close);
      case ZoneCommand::finish: return manage(zone, ZoneAction::finish);
      case ZoneCommand::reset: return manage(zone, ZoneAction::reset);
    }
    return {};
  }

  void check(ZoneIndex zone, const StartingPoint& start, const ZoneRequest& request) {
    SCOPED_TRACE(words_of(start, request));
    bring_to(zone, start.state);
    const std::uint64_t capacity_blocks = start.conventional ? zone_size : zone_capacity;
    const auto verdict = transition(start.state, request, capacity_blocks, ResourceUse(), ResourceLimits());
    const Status done = carry_out(zone, request);
    ZoneState expected = start.state;
    Stamps stamps = padded(counting_from(1, start.state.write_pointer_blocks), zone_size);
    if (const auto* refusal = std::get_if<ZoneRefusal>(&verdict)) {
      // The state machine knows a bad conventional zone as a bad zone only; the device knows that it takes no appends.
      const bool no_such_command = start.conventional && request.command == ZoneCommand::append;
      ASSERT_FALSE(done.ok());
      EXPECT_EQ(done.error().code(), no_such_command ? EINVAL : to_errno(*refusal)) << done.error().to_string();
      EXPECT_EQ(done.error().zone(), zone);
      EXPECT_EQ(done.error().device(), path_.string());
    } else {
      ASSERT_TRUE(done.ok()) << done.error().to_string();
      expected = std::get<ZoneTransition>(verdict).after;
      const bool appends = request.command == ZoneCommand::append;
      const std::uint64_t offset = appends ? start.state.write_pointer_blocks : request.offset_blocks;
      const Stamps written = counting_from(100, request.blocks);
      std::copy(written.begin(), written.end(), stamps.begin() + static_cast<std::ptrdiff_t>(offset));
      if (request.command == ZoneCommand::reset) stamps = Stamps(zone_size, 0);
    }
    EXPECT_EQ(state_words(zone), words_of(expected));
    const Result<Stamps> read_back = try_read(start_of(zone), zone_size);
    if (expected.condition == ZoneCondition::offline) {
      EXPECT_EQ(code_of(read_back), EIO);
    } else {
      ASSERT_TRUE(read_back.ok()) << read_back.error().to_string();
      EXPECT_EQ(*read_back, stamps);
    }
  }

  void check_all(const std::vector<ZoneRequest>& requests) {
    const auto zones = static_cast<std::uint32_t>(requests.size() + 3);  // no request reaches the end of the device
    for (const StartingPoint& start : starting_points) {
      create(spec_of(GetParam(), zones, start.conventional ? zones : 0));
      for (ZoneIndex zone = 0; zone < requests.size(); ++zone) check(zone, start, requests[zone]);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageDeviceStates, testing::Values(512, 4096));

TEST_P(ImageDeviceStates, AgreesWithTheStateMachine) { check_all(all_requests()); }

TEST_P(ImageDeviceStates, WritesOfNoBlocksAgreeToo) {
  check_all({{ZoneCommand::write, 0, 0}, {ZoneCommand::write, 4, 0}, {ZoneCommand::append, 0, 0}});
}

// ---- A device against a model ------------------------------------------------------------------------------------

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

class ImageDeviceModel : public ImageDeviceOfBlocks {
 protected:
  static constexpr std::uint32_t zones = 9;
  static constexpr std::uint32_t conventional_zones = 2;

  void run_operations(std::uint64_t seed, const ResourceLimits& limits, int operations) {
    SCOPED_TRACE(
        fmt::format("seed {}, at most {} open, {} active", seed, limits.max_open_zones, limits.max_active_zones));
    random_ = test::Random(seed);
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
    if (dice < 30) write_somewhere(zone);
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

  test::Random random_{0};
  std::optional<Model> model_;
  std::uint64_t next_stamp_ = 1;
};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageDeviceModel, testing::Values(512, 4096));

TEST_P(ImageDeviceModel, RandomOperations) {
  const std::uint64_t seed = test::test_seed();
  int run_number = 0;
  for (const ResourceLimits& limits : {ResourceLimits{0, 0}, ResourceLimits{2, 0}, ResourceLimits{0, 3},
                                       ResourceLimits{2, 4}, ResourceLimits{1, 1}, ResourceLimits{3, 3}}) {
    run_operations(std::getenv("ZONECOPY_SEED") ? seed : seed + static_cast<std::uint64_t>(run_number++), limits, 400);
  }
}

// ---- Contents ----------------------------------------------------------------------------------------------------

TEST_P(ImageDeviceOfBlocks, WhatIsNotWrittenIsZero) {
  create(spec_of(GetParam(), 4, 1));
  ASSERT_TRUE(write(start_of(1), counting_from(1, 5)).ok());
  EXPECT_EQ(content(1), padded(counting_from(1, 5), zone_size));
  ASSERT_TRUE(manage(1, ZoneAction::finish).ok());
  EXPECT_EQ(content(1), padded(counting_from(1, 5), zone_size)) << "a finish writes nothing";
  ASSERT_TRUE(manage(1, ZoneAction::reset).ok());
  EXPECT_EQ(content(1), Stamps(zone_size, 0));
  ASSERT_TRUE(write(start_of(1), counting_from(50, 1)).ok());
  EXPECT_EQ(content(1), padded({50}, zone_size)) << "nothing of before the reset";
  EXPECT_EQ(content(0), Stamps(zone_size, 0));
  ASSERT_TRUE(write(start_of(0) + 15, {9}).ok());
  EXPECT_EQ(read(start_of(0) + 14, 4), (Stamps{0, 9, 50, 0})) << "a read across zones";
}

TEST_P(ImageDeviceOfBlocks, TheLastZoneIsShort) {
  create(spec_of(GetParam(), 3));
  const std::vector<Zone> zones = report();
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[1].length_blocks, zone_size);
  EXPECT_EQ(zones[1].capacity_blocks, zone_capacity);
  EXPECT_EQ(zones[2].length_blocks, runt_size);
  EXPECT_EQ(zones[2].capacity_blocks, runt_size);
  EXPECT_EQ(device().info().capacity_blocks, 2 * zone_size + runt_size);
  ASSERT_TRUE(write(start_of(2), counting_from(1, 4)).ok());
  EXPECT_EQ(code_of(append(2, {5, 6})), EFBIG);
  EXPECT_EQ(code_of(write(start_of(2) + 4, {5, 6})), EINVAL) << "beyond the end of the device";
  EXPECT_EQ(code_of(append(2, {5})), 0);
  EXPECT_EQ(state(2).condition, ZoneCondition::full);
  EXPECT_EQ(read(start_of(1) + 14, 7), (Stamps{0, 0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(code_of(try_read(start_of(2) + 4, 2)), EINVAL);
  EXPECT_EQ(code_of(try_read(~Lba{0}, 1)), EINVAL);
  ASSERT_TRUE(manage(2, ZoneAction::reset).ok());
  ASSERT_TRUE(manage(2, ZoneAction::finish).ok());
  EXPECT_EQ(content(2), Stamps(runt_size, 0));
}

TEST_P(ImageDeviceOfBlocks, WhatIsResetTakesNoSpace) {
  create(spec_of(GetParam(), 4));
  ASSERT_TRUE(write(start_of(1), counting_from(1, zone_capacity)).ok());
  ASSERT_TRUE(write(start_of(2), counting_from(1, 1)).ok());
  ASSERT_TRUE(run(device().flush()).ok());
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  const auto offset_of = [&](ZoneIndex zone) {
    return static_cast<off_t>(data_offset_bytes() + start_of(zone) * GetParam());
  };
  EXPECT_EQ(lseek(file.get(), offset_of(0), SEEK_DATA), offset_of(1)) << "the zones before hold no data";
  ASSERT_TRUE(manage(1, ZoneAction::reset).ok());
  EXPECT_EQ(lseek(file.get(), offset_of(0), SEEK_DATA), offset_of(2));
}

TEST_F(ImageDeviceTest, ReportsArePartsOfTheDevice) {
  create(spec_of(4096, 5, 1));
  const auto indexes = [this](ZoneIndex first, std::uint32_t count) {
    const Result<std::vector<Zone>> zones = run(device().report_zones(first, count));
    std::vector<ZoneIndex> found;
    for (const Zone& zone : *zones) found.push_back(zone.index);
    return found;
  };
  EXPECT_EQ(indexes(1, 2), (std::vector<ZoneIndex>{1, 2}));
  EXPECT_EQ(indexes(3, 0xffff'ffff), (std::vector<ZoneIndex>{3, 4}));
  EXPECT_EQ(indexes(2, 0), std::vector<ZoneIndex>());
  EXPECT_EQ(indexes(5, 1), std::vector<ZoneIndex>());
  EXPECT_EQ(indexes(0xffff'ffff, 0xffff'ffff), std::vector<ZoneIndex>());
  const DeviceInfo& info = device().info();
  EXPECT_EQ(info.kind, DeviceKind::image);
  EXPECT_EQ(info.path, path_.string());
  EXPECT_EQ(info.zone_count, 5U);
  EXPECT_EQ(info.zone_size_blocks, zone_size);
  EXPECT_EQ(code_of(manage(5, ZoneAction::reset)), EINVAL);
  EXPECT_EQ(code_of(append(5, {1})), EINVAL);
  EXPECT_EQ(code_of(append(0, {1})), EINVAL) << "nothing is appended to a conventional zone";
}

TEST_P(ImageDeviceOfBlocks, StatesAndContentsPersist) {
  create(spec_of(GetParam(), 9, 1));
  ASSERT_TRUE(write(start_of(0) + 3, {30}).ok());
  ASSERT_TRUE(write(start_of(1), {10, 11}).ok());
  ASSERT_TRUE(manage(2, ZoneAction::open).ok());
  ASSERT_TRUE(manage(3, ZoneAction::open).ok());
  ASSERT_TRUE(write(start_of(3), {31}).ok());
  ASSERT_TRUE(write(start_of(4), {40}).ok());
  ASSERT_TRUE(manage(4, ZoneAction::finish).ok());
  ASSERT_TRUE(write(start_of(5), {50}).ok());
  ASSERT_TRUE(manage(5, ZoneAction::close).ok());
  ASSERT_TRUE(write(start_of(6), {60}).ok());
  set_bad(6, ZoneCondition::read_only);
  set_bad(7, ZoneCondition::offline);
  for (int times = 0; times < 2; ++times) {
    reopen();
    EXPECT_EQ(state_words(0), "not-write-pointer at 0");
    EXPECT_EQ(state_words(1), "closed at 2") << "it was implicitly open";
    EXPECT_EQ(state_words(2), "empty at 0") << "it was explicitly open and unwritten";
    EXPECT_EQ(state_words(3), "closed at 1") << "it was explicitly open";
    EXPECT_EQ(state_words(4), "full at 12");
    EXPECT_EQ(state_words(5), "closed at 1");
    EXPECT_EQ(state_words(6), "read-only at 1");
    EXPECT_EQ(state_words(7), "offline at 0");
    EXPECT_EQ(state_words(8), "empty at 0");
    EXPECT_EQ(content(0), padded({0, 0, 0, 30}, zone_size));
    EXPECT_EQ(content(1), padded({10, 11}, zone_size));
    EXPECT_EQ(content(3), padded({31}, zone_size));
    EXPECT_EQ(content(4), padded({40}, zone_size));
    EXPECT_EQ(content(6), padded({60}, zone_size));
  }
}

TEST_P(ImageDeviceOfBlocks, WhatATornWriteLeftIsNeverSeen) {
  // A program that ends in the middle of a write leaves the zone open, its write pointer where it was, and data behind
  // it; a zone that was closed to make room for another meanwhile, closed; a reset that did not finish, empty.
  const std::vector<ZoneState> states = {
      {ZoneCondition::implicit_open, 0}, {ZoneCondition::implicit_open, 3}, {ZoneCondition::explicit_open, 0},
      {ZoneCondition::explicit_open, 3}, {ZoneCondition::closed, 3},        {ZoneCondition::closed, 0},
      {ZoneCondition::empty, 0},
  };
  enum Way : std::uint8_t { look, finish, write_and_finish, turn_read_only, fill, reset_and_finish, copy_all, ways };
  const auto cases = static_cast<ZoneIndex>(states.size() * ways);
  create(spec_of(GetParam(), cases + 2));
  const Stamps garbage(zone_size, 0xbad);
  const Buffer garbage_blocks = blocks_with(garbage);
  const std::uint64_t data_offset = data_offset_bytes();
  for (ZoneIndex zone = 0; zone < cases; ++zone) {
    const ZoneState& left = states[zone / ways];
    if (left.write_pointer_blocks != 0) {
      ASSERT_TRUE(write(start_of(zone), {1, 2, 3}).ok());
    }
    const Lba above = start_of(zone) + left.write_pointer_blocks;
    const std::size_t size = (zone_size - left.write_pointer_blocks) * GetParam();
    write_file(data_offset + above * GetParam(), garbage_blocks.data(), size);
    set_state(zone, left);
  }
  reopen();
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  for (ZoneIndex zone = 0; zone < cases; ++zone) {
    const ZoneState& left = states[zone / ways];
    if (!is_open(left.condition)) continue;
    std::uint64_t last_stamp = 1;
    const std::uint64_t last_block = data_offset + (start_of(zone) + zone_size - 1) * GetParam();
    ASSERT_EQ(pread(file.get(), &last_stamp, sizeof last_stamp, static_cast<off_t>(last_block)), 8);
    EXPECT_EQ(last_stamp, 0U) << "what is in the way of nobody still takes space";
  }
  for (ZoneIndex zone = 0; zone < cases; ++zone) {
    const ZoneState& left = states[zone / ways];
    const auto way = static_cast<Way>(zone % ways);
    SCOPED_TRACE(fmt::format("{}, way {}", words_of(left), static_cast<int>(way)));
    Stamps expected = counting_from(1, left.write_pointer_blocks);
    switch (way) {
      case look: EXPECT_FALSE(is_open(state(zone).condition)); break;
      case finish: ASSERT_TRUE(manage(zone, ZoneAction::finish).ok()); break;
      case write_and_finish:
        expected.push_back(77);
        ASSERT_TRUE(append(zone, {77}).ok());
        ASSERT_TRUE(manage(zone, ZoneAction::finish).ok());
        break;
      case turn_read_only: set_bad(zone, ZoneCondition::read_only); break;
      case fill:
        while (expected.size() < zone_capacity) expected.push_back(78);
        ASSERT_TRUE(append(zone, Stamps(zone_capacity - left.write_pointer_blocks, 78)).ok());
        EXPECT_EQ(state(zone).condition, ZoneCondition::full);
        break;
      case reset_and_finish:
        expected.clear();
        ASSERT_TRUE(manage(zone, ZoneAction::reset).ok());
        ASSERT_TRUE(manage(zone, ZoneAction::finish).ok());
        break;
      case copy_all: {
        const CopyOutcome outcome = copy(start_of(cases), {{start_of(zone), zone_capacity}});
        ASSERT_TRUE(outcome.failure.has_value());
        EXPECT_EQ(outcome.failure->decision, CopyDecision::fall_back);
        EXPECT_EQ(outcome.blocks_copied, 0U);
        EXPECT_EQ(content(cases), Stamps(zone_size, 0));
        break;
      }
      case ways: break;
    }
    EXPECT_EQ(content(zone), padded(expected, zone_size));
  }
}

// ---- Many at once ------------------------------------------------------------------------------------------------

TEST_P(ImageDeviceOfBlocks, AppendsToOneZoneAllLand) {
  ImageSpec spec = spec_of(GetParam(), 2);
  spec.zone_size_bytes = 256 * std::uint64_t{GetParam()};
  spec.zone_capacity_bytes = 0;
  spec.size_bytes = 2 * spec.zone_size_bytes;
  create(spec);
  test::Random random(test::test_seed());
  struct Append {
    Stamps stamps;
    Buffer blocks;
    Result<Lba> lba = Error(EIO, "not done");
  };
  std::vector<Append> appends(100);
  std::vector<Task<void>> tasks;
  std::uint64_t stamp = 1;
  for (Append& each : appends) {
    each.stamps = counting_from(stamp, random.between(1, 3));
    stamp += each.stamps.size();
    each.blocks = blocks_with(each.stamps);
    tasks.push_back(append_into(device(), 1, part(each.blocks, each.stamps.size()), &each.lba));
  }
  run_all(loop(), std::move(tasks));
  Stamps landed;
  for (const Append& each : appends) {
    const std::uint64_t left = 256 - landed.size();
    if (each.stamps.size() > left) {
      EXPECT_EQ(code_of(each.lba), EFBIG);
      continue;
    }
    ASSERT_TRUE(each.lba.ok()) << each.lba.error().to_string();
    EXPECT_EQ(*each.lba, start_of(1) + landed.size()) << "in the order in which they were sent";
    landed.insert(landed.end(), each.stamps.begin(), each.stamps.end());
  }
  EXPECT_EQ(content(1), padded(landed, 256));
  EXPECT_EQ(state(1).write_pointer_blocks, landed.size());
}

TEST_P(ImageDeviceOfBlocks, CommandsToOneZoneKeepTheirOrder) {
  create(spec_of(GetParam(), 4));
  constexpr std::size_t writes = zone_capacity - 1;
  std::vector<Buffer> buffers;
  std::vector<int> codes(2 * writes + 2, -1);
  std::vector<Task<void>> tasks;
  for (std::size_t i = 0; i < writes; ++i) {
    for (const ZoneIndex zone : {1U, 2U}) {
      buffers.push_back(blocks_with({zone * 100 + i}));
      tasks.push_back(write_into(device(), start_of(zone) + i, part(buffers.back(), 1), &codes[2 * i + zone - 1]));
    }
  }
  tasks.push_back(manage_into(device(), 1, ZoneAction::finish, &codes[2 * writes]));
  tasks.push_back(manage_into(device(), 2, ZoneAction::close, &codes[2 * writes + 1]));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(codes, std::vector<int>(codes.size(), 0));
  EXPECT_EQ(state_words(1), "full at 12");
  EXPECT_EQ(state_words(2), "closed at 11");
  EXPECT_EQ(content(1), padded(counting_from(100, writes), zone_size));
  EXPECT_EQ(content(2), padded(counting_from(200, writes), zone_size));
}

TEST_P(ImageDeviceOfBlocks, MoreZonesAreWrittenAtOnceThanCanBeOpen) {
  ImageSpec spec = spec_of(GetParam(), 9);
  spec.max_open_zones = 2;
  create(spec);
  std::vector<Buffer> buffers;
  std::vector<int> codes(8 * zone_capacity, -1);
  std::vector<Task<void>> tasks;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto zone = static_cast<ZoneIndex>(i % 8);
    buffers.push_back(blocks_with({i + 1}));
    tasks.push_back(write_into(device(), start_of(zone) + i / 8, part(buffers.back(), 1), &codes[i]));
  }
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(codes, std::vector<int>(codes.size(), 0)) << "zones are closed behind the writer's back, not refused";
  for (ZoneIndex zone = 0; zone < 8; ++zone) {
    EXPECT_EQ(state_words(zone), "full at 12") << zone;
    Stamps expected(zone_capacity);
    for (std::size_t i = 0; i < zone_capacity; ++i) expected[i] = i * 8 + zone + 1;
    EXPECT_EQ(content(zone), padded(expected, zone_size)) << zone;
  }
}

TEST_P(ImageDeviceOfBlocks, AZoneClosedToMakeRoomCanStillBeFinished) {
  ImageSpec spec = spec_of(GetParam(), 4);
  spec.max_open_zones = 1;
  create(spec);
  ASSERT_TRUE(write(start_of(1), {1, 2}).ok());
  const Buffer block = blocks_with({9});
  int finished = -1;
  int written = -1;
  std::vector<Task<void>> tasks;
  tasks.push_back(manage_into(device(), 1, ZoneAction::finish, &finished));
  tasks.push_back(write_into(device(), start_of(2), part(block, 1), &written));  // closes zone 1 while that waits
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(written, 0);
  EXPECT_EQ(finished, 0);
  EXPECT_EQ(state_words(1), "full at 12");
}

// ---- Copies ------------------------------------------------------------------------------------------------------

TEST_P(ImageDeviceOfBlocks, CopyGathersRanges) {
  create(spec_of(GetParam(), 6, 1));
  const DeviceInfo& info = device().info();
  ASSERT_FALSE(info.copy_mechanism.empty()) << info.copy_unavailable;
  ASSERT_TRUE(info.copy_limits.available());
  ASSERT_TRUE(device().can_copy_from(device()));
  ASSERT_TRUE(write(start_of(0) + 2, counting_from(10, 8)).ok());
  ASSERT_TRUE(write(start_of(1), counting_from(30, zone_capacity)).ok());
  ASSERT_TRUE(write(start_of(2), counting_from(50, 5)).ok());
  ASSERT_TRUE(write(start_of(3), {70}).ok());

  const CopyOutcome outcome = copy(start_of(3) + 1, {{start_of(0) + 4, 3}, {start_of(1) + 11, 1}, {start_of(2), 5}});
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(outcome.blocks_copied, 9U);
  EXPECT_EQ(state_words(3), "implicit-open at 10");
  const Stamps gathered = {70, 12, 13, 14, 41, 50, 51, 52, 53, 54};
  EXPECT_EQ(content(3), padded(gathered, zone_size));

  EXPECT_FALSE(copy(start_of(3) + 10, {{start_of(3), 2}}).failure.has_value()) << "from the same zone";
  EXPECT_EQ(state_words(3), "full at 12");
  EXPECT_FALSE(copy(start_of(0) + 12, {{start_of(3), 2}}).failure.has_value()) << "to a conventional zone";
  EXPECT_EQ(read(start_of(0) + 12, 3), (Stamps{70, 12, 0}));
  EXPECT_EQ(content(2), padded(counting_from(50, 5), zone_size)) << "the source is as it was";
  reopen();
  EXPECT_EQ(read(start_of(3), 12), (Stamps{70, 12, 13, 14, 41, 50, 51, 52, 53, 54, 70, 12}));
}

TEST_P(ImageDeviceOfBlocks, CopySharesNothingThatChangesLater) {
  create(spec_of(GetParam(), 4, 1));
  ASSERT_TRUE(write(start_of(0), counting_from(1, zone_capacity)).ok());
  EXPECT_FALSE(copy(start_of(1), {{start_of(0), zone_capacity}}).failure.has_value());
  ASSERT_TRUE(write(start_of(0), Stamps(zone_capacity, 99)).ok());
  EXPECT_EQ(content(1), padded(counting_from(1, zone_capacity), zone_size));
  EXPECT_FALSE(copy(start_of(2), {{start_of(1), zone_capacity}}).failure.has_value());
  ASSERT_TRUE(manage(1, ZoneAction::reset).ok());
  EXPECT_EQ(content(2), padded(counting_from(1, zone_capacity), zone_size));
}

TEST_P(ImageDeviceOfBlocks, CopyFromAboveTheWritePointerFallsBack) {
  create(spec_of(GetParam(), 6));
  ASSERT_TRUE(write(start_of(1), counting_from(1, 4)).ok());
  const CopyOutcome first = copy(start_of(2), {{start_of(1) + 2, 3}});
  ASSERT_TRUE(first.failure.has_value());
  EXPECT_EQ(first.failure->decision, CopyDecision::fall_back);
  EXPECT_EQ(first.blocks_copied, 0U);
  EXPECT_EQ(state(2).write_pointer_blocks, 0U);

  const CopyOutcome second = copy(start_of(3), {{start_of(1), 4}, {start_of(4), 1}, {start_of(1), 1}});
  ASSERT_TRUE(second.failure.has_value());
  EXPECT_EQ(second.failure->decision, CopyDecision::fall_back);
  EXPECT_EQ(second.blocks_copied, 4U) << "what was copied before counts";
  EXPECT_EQ(state(3).write_pointer_blocks, 4U);
  EXPECT_EQ(content(3), padded(counting_from(1, 4), zone_size));

  ASSERT_TRUE(manage(1, ZoneAction::finish).ok());
  const CopyOutcome third = copy(start_of(2), {{start_of(1) + 2, 10}});
  EXPECT_FALSE(third.failure.has_value()) << "a full zone has no such place below its capacity";
  EXPECT_EQ(content(2), padded({3, 4}, zone_size));
  const CopyOutcome fourth = copy(start_of(5), {{start_of(1) + 11, 2}});
  ASSERT_TRUE(fourth.failure.has_value()) << "above the capacity nothing can be copied";
  EXPECT_EQ(fourth.failure->decision, CopyDecision::fall_back);
}

TEST_P(ImageDeviceOfBlocks, CopyIsRefusedAsAWriteIs) {
  create(spec_of(GetParam(), 8));
  ASSERT_TRUE(write(start_of(0), counting_from(1, zone_capacity)).ok());
  ASSERT_TRUE(write(start_of(1), {1}).ok());
  set_bad(2, ZoneCondition::read_only);
  set_bad(3, ZoneCondition::offline);
  ASSERT_TRUE(manage(4, ZoneAction::finish).ok());
  struct Row {
    const char* name;
    Lba destination_lba;
    CopyRange range;
    int code;
  };
  const Row rows[] = {
      {"not at the write pointer", start_of(1) + 2, {start_of(0), 1}, EIO},
      {"past the capacity", start_of(1) + 1, {start_of(0), 12}, EFBIG},
      {"to a read-only zone", start_of(2), {start_of(0), 1}, EROFS},
      {"to an offline zone", start_of(3), {start_of(0), 1}, EIO},
      {"to a full zone", start_of(4), {start_of(0), 1}, EFBIG},
      {"from an offline zone", start_of(5), {start_of(3), 1}, EIO},
  };
  for (const Row& row : rows) {
    const CopyOutcome outcome = copy(row.destination_lba, {row.range});
    ASSERT_TRUE(outcome.failure.has_value()) << row.name;
    EXPECT_EQ(outcome.failure->decision, CopyDecision::fail) << row.name;
    EXPECT_EQ(outcome.failure->error.code(), row.code) << row.name;
    EXPECT_EQ(outcome.blocks_copied, 0U) << row.name;
  }
  EXPECT_EQ(state(5).write_pointer_blocks, 0U);
}

TEST_P(ImageDeviceOfBlocks, ACancelledCopyTellsWhatItHasDone) {
  create(spec_of(GetParam(), 4));
  ASSERT_TRUE(write(start_of(0), counting_from(1, 4)).ok());
  CancelToken cancel;
  cancel.request();
  const CopyOutcome outcome = copy(start_of(1), {{start_of(0), 2}, {start_of(0), 2}}, &cancel);
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(outcome.blocks_copied, 0U);
  EXPECT_EQ(state(1).write_pointer_blocks, 0U);
}

TEST_F(ImageDeviceTest, CopyBetweenImages) {
  create(spec_of(4096, 4));
  const std::string other_path = (folder_ / "other.img").string();
  ASSERT_TRUE(create_image(other_path, spec_of(4096, 4)).ok());
  Result<std::unique_ptr<ZonedDevice>> other = open_image(loop(), other_path, false);
  ASSERT_TRUE(other.ok());
  const Buffer blocks = blocks_with({7, 8, 9});
  ASSERT_TRUE(run((*other)->write(start_of(2), part(blocks, 3))).ok());
  ASSERT_TRUE(device().can_copy_from(**other));
  const CopyCommand command{start_of(1), {{start_of(2) + 1, 2}}};
  const CopyOutcome outcome = run(device().copy(**other, command, nullptr));
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(content(1), padded({8, 9}, zone_size));
  EXPECT_EQ(state_words(1), "implicit-open at 2");
  const test::SimDevice simulated{test::SimSpec{}};
  EXPECT_FALSE(device().can_copy_from(simulated));
}

TEST_F(ImageDeviceTest, CopiesToManyZonesAtOnce) {
  constexpr ZoneIndex copies = 30;
  create(spec_of(4096, copies + 2));
  ASSERT_TRUE(write(start_of(0), counting_from(1, zone_capacity)).ok());
  std::vector<CopyCommand> commands;
  for (ZoneIndex zone = 1; zone <= copies; ++zone) {
    commands.push_back({start_of(zone), {{start_of(0), 5}, {start_of(0) + 5, 7}}});
  }
  std::uint64_t copied = 0;
  const auto copy_one = [](ZonedDevice& on, const CopyCommand* command, std::uint64_t* sum) -> Task<void> {
    const CopyOutcome outcome = co_await on.copy(on, *command, nullptr);
    EXPECT_FALSE(outcome.failure.has_value());
    *sum += outcome.blocks_copied;
  };
  std::vector<Task<void>> tasks;
  for (const CopyCommand& command : commands) tasks.push_back(copy_one(device(), &command, &copied));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(copied, copies * zone_capacity);
  for (ZoneIndex zone = 1; zone <= copies; ++zone) {
    EXPECT_EQ(content(zone), padded(counting_from(1, zone_capacity), zone_size)) << zone;
    EXPECT_EQ(state_words(zone), "full at 12");
  }
}

// ---- Conditions set from outside ---------------------------------------------------------------------------------

TEST_F(ImageDeviceTest, AConditionSetFromOutsideIsSeenAtOnce) {
  create(spec_of(4096, 5, 1));
  ASSERT_TRUE(write(start_of(1), {1, 2}).ok());
  set_bad(1, ZoneCondition::read_only);
  EXPECT_EQ(code_of(write(start_of(1) + 2, {3})), EROFS);
  EXPECT_EQ(code_of(append(1, {3})), EROFS);
  EXPECT_EQ(code_of(manage(1, ZoneAction::reset)), EINVAL);
  EXPECT_EQ(content(1), padded({1, 2}, zone_size)) << "it can still be read";
  set_bad(1, ZoneCondition::offline);
  EXPECT_EQ(code_of(write(start_of(1) + 2, {3})), EIO);
  EXPECT_EQ(code_of(try_read(start_of(1), 1)), EIO);
  EXPECT_EQ(code_of(try_read(start_of(0), 2 * zone_size)), EIO) << "a read that runs into it";
  EXPECT_EQ(code_of(try_read(start_of(0), zone_size)), 0);
  set_bad(0, ZoneCondition::read_only);
  EXPECT_EQ(code_of(write(start_of(0), {1})), EROFS) << "a conventional zone too";
  const std::string path = path_.string();
  EXPECT_EQ(code_of(set_image_zone_condition(path, 5, ZoneCondition::offline)), EINVAL);
  EXPECT_EQ(code_of(set_image_zone_condition(path, 2, ZoneCondition::full)), EINVAL);
  EXPECT_EQ(code_of(set_image_zone_condition(path, 2, ZoneCondition::empty)), EINVAL);
  EXPECT_EQ(code_of(set_image_zone_condition(path + ".no", 2, ZoneCondition::offline)), ENOENT);
  EXPECT_EQ(state_words(2), "empty at 0");
}

TEST_F(ImageDeviceTest, AZoneThatGoesBadUnderAWriteStaysBad) {
  create(spec_of(4096, 5));
  const Buffer block = blocks_with({5});
  ZoneIndex zone = 0;
  for (const ZoneCondition condition : {ZoneCondition::read_only, ZoneCondition::offline}) {
    int code = -1;
    loop().spawn(write_into(device(), start_of(++zone), part(block, 1), &code));  // waits for the ring
    ASSERT_EQ(code, -1);
    set_bad(zone, condition);
    const Status flushed = run(device().flush());
    EXPECT_TRUE(flushed.ok());
    while (code == -1) ASSERT_TRUE(run(device().flush()).ok());
    EXPECT_EQ(code, EIO);
    EXPECT_EQ(words_of(state(zone)), words_of({condition, 0}));
  }
}

TEST_F(ImageDeviceTest, MakingRoomLeavesABadZoneBad) {
  ImageSpec spec = spec_of(4096, 5);
  spec.max_open_zones = 1;
  create(spec);
  ASSERT_TRUE(write(start_of(1), {1, 2}).ok());
  set_bad(1, ZoneCondition::read_only);  // what the device knows of zone 1 is now out of date
  ASSERT_TRUE(write(start_of(2), {1}).ok());
  EXPECT_EQ(state_words(1), "read-only at 2");
  set_bad(2, ZoneCondition::offline);
  ASSERT_TRUE(manage(3, ZoneAction::open).ok());
  EXPECT_EQ(state_words(2), "offline at 1");
}

TEST_F(ImageDeviceTest, ABadZoneTakesNoResources) {
  ImageSpec spec = spec_of(4096, 5);
  spec.max_open_zones = 1;
  spec.max_active_zones = 1;
  create(spec);
  ASSERT_TRUE(manage(1, ZoneAction::open).ok());
  EXPECT_EQ(code_of(manage(2, ZoneAction::open)), EOVERFLOW);
  set_bad(1, ZoneCondition::offline);
  EXPECT_EQ(code_of(manage(2, ZoneAction::open)), 0);
}

// ---- Files -------------------------------------------------------------------------------------------------------

TEST_F(ImageDeviceTest, InspectionLooksAtAnImageInUse) {
  create(spec_of(4096, 5, 1));
  ASSERT_TRUE(write(start_of(1), {1, 2}).ok());
  set_bad(2, ZoneCondition::offline);
  const auto inspected = inspect_image(path_.string());
  ASSERT_TRUE(inspected.ok()) << inspected.error().to_string();
  EXPECT_EQ(inspected->first.zone_count, 5U);
  EXPECT_EQ(inspected->first.copy_mechanism, device().info().copy_mechanism);
  const std::vector<Zone> zones = report();
  ASSERT_EQ(inspected->second.size(), zones.size());
  for (std::size_t i = 0; i < zones.size(); ++i) {
    EXPECT_EQ(inspected->second[i].condition, zones[i].condition) << i;
    EXPECT_EQ(inspected->second[i].type, zones[i].type) << i;
    EXPECT_EQ(inspected->second[i].write_pointer_lba, zones[i].write_pointer_lba) << i;
    EXPECT_EQ(inspected->second[i].capacity_blocks, zones[i].capacity_blocks) << i;
  }
  EXPECT_EQ(state_words(1), "implicit-open at 2") << "an inspection changes nothing";
  EXPECT_EQ(code_of(inspect_image(path_.string() + ".no")), ENOENT);
}

TEST_F(ImageDeviceTest, OneProcessAtATime) {
  int ready[2];
  int leave[2];
  ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(leave, O_CLOEXEC), 0);
  const std::string path = path_.string();
  ASSERT_TRUE(create_image(path, spec_of(4096, 3)).ok());
  const pid_t holder = fork();
  if (holder == 0) {  // another process opens an image, and keeps it until it is told to go
    close(leave[1]);
    const std::unique_ptr<EventLoop> own = test::make_loop();
    const Result<std::unique_ptr<ZonedDevice>> opened = open_image(*own, path, false);
    char word = opened ? 'y' : 'n';
    if (::write(ready[1], &word, 1) != 1 || ::read(leave[0], &word, 1) < 0) _exit(1);
    _exit(0);
  }
  close(leave[0]);
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  ASSERT_EQ(word, 'y');
  const auto start = std::chrono::steady_clock::now();
  const Result<std::unique_ptr<ZonedDevice>> refused = open_image(loop(), path, false);
  const auto patience = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(code_of(refused), EBUSY);
  EXPECT_GE(patience, std::chrono::milliseconds(2500)) << "a holder that is about to end is waited for";
  EXPECT_LE(patience, std::chrono::seconds(10));
  EXPECT_TRUE(inspect_image(path).ok());
  EXPECT_TRUE(set_image_zone_condition(path, 1, ZoneCondition::read_only).ok());
  close(leave[1]);  // the holder ends while the next one already asks
  EXPECT_EQ(code_of(open_image(loop(), path, false)), 0);
  int status = -1;
  EXPECT_EQ(waitpid(holder, &status, 0), holder);
  EXPECT_EQ(status, 0);
  for (const int fd : {ready[0], ready[1]}) close(fd);
}

TEST_F(ImageDeviceTest, DamageIsNotOpened) {
  const ImageSpec spec = spec_of(4096, 5, 1);
  const auto refusal = [this] {
    const Result<std::unique_ptr<ZonedDevice>> opened = open_image(loop(), path_.string(), false);
    EXPECT_EQ(code_of(opened), EINVAL);
    return opened ? std::string("opened") : opened.error().to_string();
  };
  const auto expect_refusal = [&](const char* part_of_it) {
    const std::string text = refusal();
    EXPECT_NE(text.find(part_of_it), std::string::npos) << text;
  };
  struct Row {
    ZoneIndex zone;
    std::uint64_t word;
  };
  const auto word = [](std::uint64_t number, std::uint64_t pointer) { return number << 60U | pointer; };
  const Row rows[] = {{0, word(1, 0)},
                      {0, word(14, 0)},
                      {1, word(0, 0)},
                      {2, word(2, zone_capacity + 1)},
                      {3, word(5, 0)},
                      {3, word(12, 0)},
                      {4, word(4, runt_size + 1)},
                      {1, word(4, std::uint64_t{2} << 36U | 1U)},  // more blocks to be synced than there are
                      {1, ~std::uint64_t{0}}};
  for (const Row& row : rows) {
    create(spec);
    close_device();
    set_word(row.zone, row.word);
    expect_refusal("table is damaged");
    EXPECT_NE(refusal().find(fmt::format("zone {}", row.zone)), std::string::npos);
  }
  create(spec);
  close_device();
  const auto size = fs::file_size(path_);
  fs::resize_file(path_, size - 1);
  expect_refusal("truncated");
  fs::resize_file(path_, size + 1);
  EXPECT_EQ(code_of(open_image(loop(), path_.string(), false)), 0) << "more than is needed does no harm";
  fs::resize_file(path_, size);
  write_file(100, "x", 1);
  expect_refusal("checksum");
  write_file(8, "\x02", 1);
  expect_refusal("version 2");
  write_file(0, "z", 1);
  expect_refusal("no zoned image");
  fs::resize_file(path_, 0);
  expect_refusal("no zoned image");
  EXPECT_EQ(code_of(open_image(loop(), (folder_ / "none").string(), false)), ENOENT);
  EXPECT_NE(code_of(open_image(loop(), folder_.string(), false)), 0);
}

TEST_F(ImageDeviceTest, WhatIsAnImage) {
  create(spec_of(4096, 3));
  const auto is = [](const fs::path& path) {
    const Result<bool> image = is_image(path.string());
    EXPECT_TRUE(image.ok()) << path;
    return image && *image;
  };
  EXPECT_TRUE(is(path_));
  write_file(8, "\x07", 1);
  EXPECT_TRUE(is(path_)) << "of another version, but an image";
  write_file(0, "z", 1);
  EXPECT_FALSE(is(path_));
  const fs::path small = folder_ / "small";
  for (const char* const text : {"", "ZCIMAGE", "some text that is no image"}) {
    std::ofstream(small) << text;
    EXPECT_FALSE(is(small)) << text;
  }
  EXPECT_EQ(code_of(is_image((folder_ / "none").string())), ENOENT);
}

TEST_F(ImageDeviceTest, WhatCannotBeCreatedLeavesNothingBehind) {
  struct Row {
    std::function<void(ImageSpec&)> change;
    int code;
    std::string part;
  };
  const std::vector<Row> rows = {
      {[](ImageSpec& s) { s.block_size_bytes = 0; }, EINVAL, "block size"},
      {[](ImageSpec& s) { s.block_size_bytes = 1024; }, EINVAL, "block size"},
      {[](ImageSpec& s) { s.block_size_bytes = 8192; }, EINVAL, "block size"},
      {[](ImageSpec& s) { s.zone_size_bytes = 0; }, EINVAL, "zone size"},
      {[](ImageSpec& s) { s.zone_size_bytes += 512; }, EINVAL, "zone size"},
      {[](ImageSpec& s) { s.zone_size_bytes = 4096, s.zone_capacity_bytes = 0; }, EINVAL, "8192"},
      {[](ImageSpec& s) { s.zone_capacity_bytes = s.zone_size_bytes + 4096; }, EINVAL, "capacity"},
      {[](ImageSpec& s) { s.zone_capacity_bytes += 512; }, EINVAL, "capacity"},
      {[](ImageSpec& s) { s.block_size_bytes = 512, s.zone_capacity_bytes = 3584; }, EINVAL, "4096"},
      {[](ImageSpec& s) { s.size_bytes += 512; }, EINVAL, "size"},
      {[](ImageSpec& s) { s.size_bytes = 0; }, EINVAL, "two zones"},
      {[](ImageSpec& s) { s.size_bytes = s.zone_size_bytes; }, EINVAL, "two zones"},
      {[](ImageSpec& s) { s.conventional_zones = 6; }, EINVAL, "conventional"},
      {[](ImageSpec& s) { s.max_open_zones = 3, s.max_active_zones = 2; }, EINVAL, "active"},
      {[](ImageSpec& s) { s.size_bytes = std::uint64_t{1} << 58U; }, EINVAL, "zones"},
      {[](ImageSpec& s) { s.size_bytes = ~std::uint64_t{0} << 12U; }, EINVAL, ""},
      {[](ImageSpec& s) { s.zone_size_bytes = ~std::uint64_t{0} << 12U; }, EINVAL, "two zones"},
      {[](ImageSpec& s) { s.size_bytes = s.zone_size_bytes = std::uint64_t{1} << 59U, s.size_bytes *= 16; }, EINVAL,
       ""},
  };
  const fs::path fresh = folder_ / "fresh.img";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ImageSpec spec = spec_of(4096, 5);
    rows[i].change(spec);
    const Status created = create_image(fresh.string(), spec);
    EXPECT_EQ(code_of(created), rows[i].code) << "row " << i;
    if (!created) {
      EXPECT_NE(created.error().detail().find(rows[i].part), std::string::npos) << created.error().to_string();
      EXPECT_EQ(created.error().device(), fresh.string());
    }
    EXPECT_TRUE(fs::is_empty(folder_)) << "row " << i;
    fs::remove(fresh);
  }
  EXPECT_EQ(code_of(create_image((folder_ / "no" / "such.img").string(), spec_of(4096, 5))), ENOENT);

  // A file system whose files cannot be that large would say the same, but not every one has such a limit.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1U << 20, before.rlim_max};
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status created = create_image(fresh.string(), spec_of(4096, 5));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(code_of(created), EFBIG);
  EXPECT_TRUE(fs::is_empty(folder_));

  std::ofstream(fresh) << "precious";
  EXPECT_EQ(code_of(create_image(fresh.string(), spec_of(4096, 5))), EEXIST);
  std::string text;
  std::ifstream(fresh) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(ImageDeviceTest, WhatIsAtTheEdgeCanBeCreated) {
  ImageSpec smallest;
  smallest.zone_size_bytes = 8192;
  smallest.size_bytes = 8192 + 512;
  smallest.block_size_bytes = 512;
  smallest.zone_capacity_bytes = 4096;
  create(smallest);
  ASSERT_EQ(report().size(), 2U);
  EXPECT_EQ(report()[0].capacity_blocks, 8U);
  EXPECT_EQ(report()[1].capacity_blocks, 1U);
  EXPECT_EQ(code_of(append(1, {1})), 0);
  EXPECT_EQ(content(1), Stamps{1});

  ImageSpec all = spec_of(4096, 4, 4);
  all.max_open_zones = 7;
  create(all);
  EXPECT_EQ(report()[3].type, ZoneType::conventional);
  EXPECT_EQ(device().info().resource_limits.max_open_zones, 7U);
  EXPECT_EQ(device().info().resource_limits.max_active_zones, 0U);

  ImageSpec many = spec_of(512, 200'000);  // the table is longer than 1 MiB, and the data begin behind it
  create(many);
  ASSERT_TRUE(write(start_of(199'998), {5}).ok());
  reopen();
  EXPECT_EQ(state_words(199'998), "closed at 1");
  EXPECT_EQ(read(start_of(199'998), 2), (Stamps{5, 0}));
  EXPECT_EQ(data_offset_bytes(), 2U << 20U);
}

}  // namespace
}  // namespace zonecopy
