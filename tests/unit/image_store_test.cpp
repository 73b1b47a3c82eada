// The image device over a store that fails, is killed, or loses power at every step of every command.
//
// A block holds one number, its stamp, which names the generation of its zone and its place: a stale block is recognised.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "device/image_device.h"
#include "device/image_open.h"
#include "seed.h"
#include "support/loop_test.h"
#include "support/memory_store.h"
#include "support/random.h"
#include "zonecopy/buffer.h"

namespace zonecopy {
namespace {

using image::Header;
using image::ImageDevice;
using image::ImageStore;
using image::OpenImage;
using test::MemoryStore;
using test::Random;
using test::SparseFile;
using Step = MemoryStore::Step;
using Stamps = std::vector<std::uint64_t>;

constexpr std::uint64_t block_bytes = 4096;
constexpr std::uint64_t zone_size = 16;
constexpr std::uint64_t zone_capacity = 12;
constexpr ZoneIndex zones = 4;  // the first is conventional

Header header_of(const ResourceLimits& limits) {
  Header header;
  header.zone_count = zones;
  header.zone_size_blocks = zone_size;
  header.zone_capacity_blocks = zone_capacity;
  header.conventional_zones = 1;
  header.max_open_zones = limits.max_open_zones;
  header.max_active_zones = limits.max_active_zones;
  header.capacity_blocks = zones * zone_size;
  header.data_offset_bytes = image::data_offset_for(zones);
  return header;
}

SparseFile fresh_file(const ResourceLimits& limits = {}) {
  const Header header = header_of(limits);
  SparseFile file;
  file.size_bytes = header.file_size_bytes();
  file.write(image::encode(header), 0);
  for (ZoneIndex zone = 0; zone < zones; ++zone) {
    const auto condition = header.conventional(zone) ? ZoneCondition::not_write_pointer : ZoneCondition::empty;
    const std::uint64_t word = image::pack(image::ZoneRecord{condition, 0, 0});
    file.write(std::as_bytes(std::span(&word, 1)), header.word_offset_bytes(zone));
  }
  return file;
}

std::uint64_t stamp(std::uint64_t generation, std::uint64_t block) { return generation << 8U | block; }

/// What a zone of the reference holds.
struct Content {
  std::uint64_t generation = 1;
  Stamps stamps;  ///< of what was written
  bool full = false;
  friend bool operator==(const Content&, const Content&) = default;
};

std::string words(const Content& content) {
  return fmt::format("generation {}, {} blocks{}", content.generation, content.stamps.size(),
                     content.full ? ", full" : "");
}

/// An image over a store, and what a test does with it.
class Machine {
 public:
  Machine(EventLoop& loop, SparseFile file, bool writable = true) : loop_(loop) {
    const std::uint64_t size_bytes = file.size_bytes;
    auto store = std::make_unique<MemoryStore>(std::move(file));
    store_ = store.get();
    Result<OpenImage> image = image::read_image("memory", std::move(store), size_bytes);
    if (!image) {
      ADD_FAILURE() << image.error().to_string();
      return;
    }
    image->writable = writable;
    const Status recovered = image::recover(*image);
    EXPECT_TRUE(recovered.ok()) << recovered.error().to_string();
    device_ = std::make_unique<ImageDevice>(loop, std::move(*image));
  }

  [[nodiscard]] MemoryStore& store() { return *store_; }
  [[nodiscard]] ImageDevice& device() { return *device_; }
  [[nodiscard]] Lba start_of(ZoneIndex zone) const { return device_->info().zone_start(zone); }

  Status append(ZoneIndex zone, const Stamps& stamps) {
    const Buffer buffer(stamps.size() * block_bytes);
    std::memset(buffer.data(), 0, stamps.size() * block_bytes);
    for (std::size_t i = 0; i < stamps.size(); ++i) std::memcpy(buffer.data() + i * block_bytes, &stamps[i], 8);
    const Result<Lba> landed = loop_.run(device_->append(zone, buffer.first(stamps.size() * block_bytes)));
    if (!landed) return landed.error();
    return {};
  }
  Status manage(ZoneIndex zone, ZoneAction action) { return loop_.run(device_->manage_zone(zone, action)); }
  Status flush() { return loop_.run(device_->flush()); }
  CopyOutcome copy(ZoneIndex from, ZoneIndex to, std::uint64_t at, std::uint32_t blocks) {
    const CopyCommand command{start_of(to) + at, {CopyRange{start_of(from), blocks}}};
    return loop_.run(device_->copy(*device_, command, nullptr));
  }

  Zone report(ZoneIndex zone) { return loop_.run(device_->report_zones(zone, 1))->at(0); }
  /// The whole zone, also what is above its write pointer.
  Stamps read(ZoneIndex zone) {
    const Buffer buffer(zone_size * block_bytes);
    const Status done = loop_.run(device_->read(start_of(zone), buffer.first(zone_size * block_bytes)));
    EXPECT_TRUE(done.ok()) << done.error().to_string();
    Stamps stamps(zone_size);
    for (std::size_t i = 0; i < zone_size; ++i) std::memcpy(&stamps[i], buffer.data() + i * block_bytes, 8);
    return stamps;
  }
  /// What the zone claims to hold. Above its write pointer, and where it was finished, it has to be zeros.
  Content content(ZoneIndex zone) {
    const Zone reported = report(zone);
    Stamps stamps = read(zone);
    Content found;
    found.full = reported.condition == ZoneCondition::full;
    std::uint64_t count = found.full ? zone_capacity : reported.write_pointer_lba - reported.start_lba;
    for (std::uint64_t i = count; i < zone_size; ++i) EXPECT_EQ(stamps[i], 0U) << "block " << i << " above the pointer";
    while (found.full && count > 0 && stamps[count - 1] == 0) --count;
    stamps.resize(count);
    if (!stamps.empty()) found.generation = stamps[0] >> 8U;
    found.stamps = std::move(stamps);
    return found;
  }

 private:
  EventLoop& loop_;
  MemoryStore* store_ = nullptr;
  std::unique_ptr<ImageDevice> device_;
};

/// A list of commands, and after each what the zones should hold.
struct Command {
  enum class Kind : std::uint8_t { append, reset, finish, open, close, flush, copy } kind = Kind::append;
  ZoneIndex zone = 1;
  std::uint32_t blocks = 0;
  ZoneIndex source = 0;
};
using Kind = Command::Kind;

std::string words(const Command& command) {
  constexpr const char* names[] = {"append", "reset", "finish", "open", "close", "flush", "copy"};
  return fmt::format("{} of {} blocks, zone {}", names[static_cast<int>(command.kind)], command.blocks, command.zone);
}

std::vector<Command> random_commands(Random& random, std::size_t count) {
  std::vector<Command> commands;
  while (commands.size() < count) {
    Command command;
    const std::uint64_t dice = random.below(16);
    command.kind = dice < 7    ? Kind::append
                   : dice < 9  ? Kind::reset
                   : dice < 10 ? Kind::finish
                   : dice < 11 ? Kind::open
                   : dice < 12 ? Kind::close
                   : dice < 14 ? Kind::flush
                               : Kind::copy;
    command.zone = static_cast<ZoneIndex>(random.between(1, zones - 1));
    command.blocks = static_cast<std::uint32_t>(random.between(1, 5));
    command.source = static_cast<ZoneIndex>(random.between(1, zones - 1));
    commands.push_back(command);
  }
  return commands;
}

/// Plays commands to a machine and keeps the reference: what is acknowledged, and what was there before.
class Player {
 public:
  explicit Player(Machine& machine) : machine_(machine), now_(zones), synced_(zones) {}

  /// 0 or the errno of the device. The reference follows what was acknowledged.
  int play(const Command& command) {
    before_ = now_;
    Content& content = now_[command.zone];
    Content wanted = content;
    Status done;
    switch (command.kind) {
      case Kind::append: {
        const std::uint64_t at = content.stamps.size();
        for (std::uint64_t i = 0; i < command.blocks; ++i) wanted.stamps.push_back(stamp(content.generation, at + i));
        done = machine_.append(command.zone,
                               Stamps(wanted.stamps.begin() + static_cast<std::ptrdiff_t>(at), wanted.stamps.end()));
        wanted.full = wanted.stamps.size() == zone_capacity;
        break;
      }
      case Kind::reset:
        done = machine_.manage(command.zone, ZoneAction::reset);
        wanted = Content{++generations_, {}, false};
        break;
      case Kind::finish:
        done = machine_.manage(command.zone, ZoneAction::finish);
        wanted.full = true;
        break;
      case Kind::open: done = machine_.manage(command.zone, ZoneAction::open); break;
      case Kind::close: done = machine_.manage(command.zone, ZoneAction::close); break;
      case Kind::flush:
        done = machine_.flush();
        if (done) synced_ = now_;
        break;
      case Kind::copy: {
        const Content& source = now_[command.source];
        if (source.stamps.size() < command.blocks || command.source == command.zone) return 0;
        const std::uint64_t at = content.stamps.size();
        const CopyOutcome outcome = machine_.copy(command.source, command.zone, at, command.blocks);
        wanted.stamps.insert(wanted.stamps.end(), source.stamps.begin(), source.stamps.begin() + command.blocks);
        wanted.full = wanted.stamps.size() == zone_capacity;
        if (outcome.failure) done = outcome.failure->error;
        break;
      }
    }
    wanted_ = now_;
    wanted_[command.zone] = wanted;
    if (done) content = wanted;
    return done ? 0 : done.error().code();
  }

  /// After an error: what the device says, which has to be what was there before or what was asked for.
  void follow(const Command& command) {
    const Content found = machine_.content(command.zone);
    const Content& before = before_[command.zone];
    const Content& wanted = wanted_[command.zone];
    const bool as_before = same(found, before);
    const bool as_wanted = same(found, wanted);
    EXPECT_TRUE(as_before || as_wanted) << words(command) << " leaves " << words(found)
                                        << "; before: " << words(before);
    now_[command.zone] = as_wanted ? wanted : before;
  }

  static bool same(const Content& a, const Content& b) { return a.stamps == b.stamps && a.full == b.full; }

  [[nodiscard]] const std::vector<Content>& now() const { return now_; }
  [[nodiscard]] const std::vector<Content>& before() const { return before_; }
  [[nodiscard]] const std::vector<Content>& wanted() const { return wanted_; }
  [[nodiscard]] const std::vector<Content>& synced() const { return synced_; }

 private:
  Machine& machine_;
  std::vector<Content> now_;
  std::vector<Content> before_;
  std::vector<Content> wanted_;
  std::vector<Content> synced_;
  std::uint64_t generations_ = 1;
};

class ImageStoreTest : public test::LoopTest {
 protected:
  const std::uint64_t seed_ = test::test_seed();
  test::Watchdog watchdog_{testing::UnitTest::GetInstance()->current_test_info()->name(), 240};
};

/// Where each command's steps end, and what the zones held then.
struct Record {
  std::vector<Command> commands;
  std::vector<std::size_t> changes_before;          ///< number of the store's changes before each command
  std::vector<std::vector<Content>> before;         ///< and what the zones held
  std::vector<std::vector<Content>> after;          ///< if it is carried out
  std::vector<std::vector<Content>> synced_before;  ///< by a flush that was acknowledged
};

Record record_run(Machine& machine, const std::vector<Command>& commands) {
  Record record;
  Player player(machine);
  for (const Command& command : commands) {
    record.commands.push_back(command);
    record.changes_before.push_back(machine.store().changes().size());
    record.synced_before.push_back(player.synced());
    player.play(command);
    record.before.push_back(player.before());
    record.after.push_back(player.now());
  }
  return record;
}

TEST_F(ImageStoreTest, AfterAKillBetweenAnyTwoStepsWhatWasAcknowledgedIsThere) {
  for (int round = 0; round < 6; ++round) {
    Random random(seed_ + static_cast<std::uint64_t>(round));
    Machine machine(loop(), fresh_file());
    const Record record = record_run(machine, random_commands(random, 40));
    std::size_t at = 0;
    for (std::size_t count = 0; count <= machine.store().changes().size(); ++count) {
      while (at + 1 < record.commands.size() && record.changes_before[at + 1] <= count) ++at;
      SCOPED_TRACE(fmt::format("round {}, killed after change {}, in {}", round, count, words(record.commands[at])));
      Machine reopened(loop(), test::after_kill(machine.store(), count));
      for (ZoneIndex zone = 1; zone < zones; ++zone) {
        const Content found = reopened.content(zone);
        EXPECT_TRUE(Player::same(found, record.before[at][zone]) || Player::same(found, record.after[at][zone]))
            << "zone " << zone << " holds " << words(found) << ", before it was " << words(record.before[at][zone]);
      }
      ASSERT_FALSE(HasFailure());
    }
  }
}

/// Whether `found` can be what is left of a zone that went through the contents `history`, the first of them synced.
bool is_left_of(const Content& found, const std::vector<Content>& history) {
  for (const Content& then : history) {
    if (Player::same(found, then)) return true;
    // A part of what was written after the last sync, never less than what was synced of the same generation.
    const Content& synced = history.front();
    const std::uint64_t least = synced.generation == then.generation ? synced.stamps.size() : 0;
    if (found.full || found.stamps.size() < least || found.stamps.size() > then.stamps.size()) continue;
    if (synced.generation == then.generation && synced.full) continue;
    if (std::equal(found.stamps.begin(), found.stamps.end(), then.stamps.begin())) return true;
  }
  return false;
}

TEST_F(ImageStoreTest, AfterAPowerCutBetweenAnyTwoStepsNothingSyncedIsLostAndNothingStaleIsSeen) {
  std::uint64_t shorter = 0;
  for (int round = 0; round < 10; ++round) {
    Random random(seed_ + static_cast<std::uint64_t>(round));
    Machine machine(loop(), fresh_file());
    const Record record = record_run(machine, random_commands(random, 40));
    std::size_t at = 0;
    for (std::size_t count = 0; count <= machine.store().changes().size(); ++count) {
      while (at + 1 < record.commands.size() && record.changes_before[at + 1] <= count) ++at;
      std::size_t since = at;  // the command before which what is synced now was synced
      while (since > 0 && record.synced_before[since - 1] == record.synced_before[at]) --since;
      for (const std::uint64_t eighths_kept : {0U, 2U, 4U, 6U, 7U, 8U}) {
        SCOPED_TRACE(fmt::format("round {}, cut after change {}, in {}, {} of 8 kept", round, count,
                                 words(record.commands[at]), eighths_kept));
        Machine reopened(loop(), test::after_power_cut(machine.store(), count, random, eighths_kept));
        for (ZoneIndex zone = 1; zone < zones; ++zone) {
          std::vector<Content> history = {record.synced_before[at][zone]};
          for (std::size_t i = since; i <= at; ++i) {
            history.push_back(record.before[i][zone]);
            history.push_back(record.after[i][zone]);
          }
          const Content found = reopened.content(zone);
          shorter += found.stamps.size() < record.before[at][zone].stamps.size() ? 1 : 0;
          std::string told;
          for (const Content& then : history) told += "; " + words(then);
          EXPECT_TRUE(is_left_of(found, history)) << "zone " << zone << " holds " << words(found) << "; it was, from "
                                                  << "what was synced on" << told;
        }
        ASSERT_FALSE(HasFailure());
        // What is left is an image as any other: zones can be filled, and reset.
        for (ZoneIndex zone = 1; zone < zones; ++zone) {
          Content left = reopened.content(zone);
          if (left.full) continue;
          ASSERT_TRUE(reopened.append(zone, {stamp(77, 1)}).ok());
          left.stamps.push_back(stamp(77, 1));
          EXPECT_EQ(reopened.content(zone).stamps, left.stamps);
        }
      }
    }
  }
  EXPECT_GT(shorter, 0U) << "no cut took anything: then this test shows nothing";
}

TEST_F(ImageStoreTest, TwoPowerCutsInARow) {
  for (int round = 0; round < 40; ++round) {
    Random random(seed_ + static_cast<std::uint64_t>(round));
    SCOPED_TRACE(fmt::format("round {}", round));
    Machine machine(loop(), fresh_file());
    record_run(machine, random_commands(random, 30));
    Machine second(loop(),
                   test::after_power_cut(machine.store(), random.below(machine.store().changes().size()), random, 5));
    std::vector<Content> start(zones);
    for (ZoneIndex zone = 1; zone < zones; ++zone) start[zone] = second.content(zone);
    // A new generation is written over what the first cut left, synced by nobody.
    std::vector<Content> written = start;
    for (ZoneIndex zone = 1; zone < zones; ++zone) {
      while (written[zone].stamps.size() < zone_capacity && !written[zone].full) {
        written[zone].stamps.push_back(stamp(100 + zone, written[zone].stamps.size()));
        ASSERT_TRUE(second.append(zone, {written[zone].stamps.back()}).ok());
      }
    }
    Machine third(loop(),
                  test::after_power_cut(second.store(), random.below(second.store().changes().size() + 1), random, 4));
    for (ZoneIndex zone = 1; zone < zones; ++zone) {
      const Content found = third.content(zone);
      ASSERT_GE(found.stamps.size(), start[zone].stamps.size())
          << "zone " << zone << ": what survived one cut was synced then";
      if (start[zone].full) continue;
      EXPECT_TRUE(std::equal(found.stamps.begin(), found.stamps.end(), written[zone].stamps.begin()))
          << "zone " << zone;
    }
  }
}

TEST_F(ImageStoreTest, AStepThatFailsLeavesZonesAsTheyWereOrAsTheyWereToBe) {
  for (const int code : {ENOSPC, EIO}) {
    for (const bool for_good : {false, true}) {
      Random random(seed_);
      const std::vector<Command> commands = random_commands(random, 40);
      std::uint64_t steps = 0;
      {
        Machine machine(loop(), fresh_file());
        record_run(machine, commands);
        steps = machine.store().steps();
      }
      for (std::uint64_t failing = 1; failing < steps; ++failing) {
        SCOPED_TRACE(fmt::format("errno {}, from step {}{}", code, failing, for_good ? " on" : " only"));
        Machine machine(loop(), fresh_file());
        std::uint64_t failed = 0;
        machine.store().fail([&failed, failing, code, for_good](std::uint64_t number, Step) {
          const bool fails = for_good ? number >= failing : number == failing;
          failed += fails ? 1 : 0;
          return fails ? code : 0;
        });
        Player player(machine);
        for (const Command& command : commands) {
          const std::uint64_t failed_before = failed;
          const int result = player.play(command);
          if (result == code) {
            EXPECT_GT(failed, failed_before) << words(command) << " failed by itself";
          }
          if (result != 0) player.follow(command);
          const Content found = machine.content(command.zone);
          EXPECT_TRUE(Player::same(found, player.now()[command.zone]))
              << words(command) << " gave " << result << ", and the zone holds " << words(found) << " instead of "
              << words(player.now()[command.zone]);
          ASSERT_FALSE(HasFailure());
        }
        EXPECT_GT(failed, 0U);
        // And so it is found again.
        Machine reopened(loop(), test::after_kill(machine.store(), machine.store().changes().size()));
        for (ZoneIndex zone = 1; zone < zones; ++zone) {
          const Content found = reopened.content(zone);
          EXPECT_TRUE(Player::same(found, player.now()[zone])) << "zone " << zone << " is found as " << words(found);
        }
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

TEST_F(ImageStoreTest, HolesThatACopyCarriesOverCountAsData) {
  Machine machine(loop(), fresh_file());
  ASSERT_TRUE(machine.append(1, {11, 12}).ok());
  ASSERT_TRUE(machine.manage(1, ZoneAction::finish).ok());
  EXPECT_FALSE(machine.copy(1, 2, 0, 8).failure.has_value());
  ASSERT_TRUE(machine.append(2, {31}).ok());
  const Stamps expected = {11, 12, 0, 0, 0, 0, 0, 0, 31, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(machine.read(2), expected);
  Random random(seed_);
  for (std::size_t count = 0; count <= machine.store().changes().size(); ++count) {
    Machine killed(loop(), test::after_kill(machine.store(), count));
    const std::uint64_t written = killed.report(2).write_pointer_lba - killed.start_of(2);
    EXPECT_TRUE(written == 0 || written == 8 || written == 9) << written;
    if (count == machine.store().changes().size()) {
      EXPECT_EQ(killed.read(2), expected);
    }
    Machine cut(loop(), test::after_power_cut(machine.store(), count, random, 4));
    const Stamps left = cut.content(2).stamps;
    EXPECT_TRUE(std::equal(left.begin(), left.end(), expected.begin()));
  }
}

TEST_F(ImageStoreTest, WhereNothingCanBePunchedZonesAreResetAllTheSame) {
  for (const int code : {EOPNOTSUPP, EPERM, EIO}) {
    Machine machine(loop(), fresh_file());
    machine.store().cannot_punch(code);
    ASSERT_TRUE(machine.append(1, {11, 12, 13}).ok());
    ASSERT_TRUE(machine.manage(1, ZoneAction::reset).ok());
    EXPECT_EQ(machine.content(1).stamps, Stamps());
    ASSERT_TRUE(machine.append(1, {21}).ok());
    EXPECT_EQ(machine.read(1), (Stamps{21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    ASSERT_TRUE(machine.manage(1, ZoneAction::finish).ok());
    EXPECT_EQ(machine.read(1), (Stamps{21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
        << "what was there before the reset must not become content";
    Machine reopened(loop(), machine.store().file());
    EXPECT_EQ(reopened.report(1).condition, ZoneCondition::full);
    EXPECT_EQ(reopened.read(1), machine.read(1));
  }
}

TEST_F(ImageStoreTest, AResetOnAFullDiskTakesTheReserve) {
  Machine machine(loop(), fresh_file());
  ASSERT_TRUE(machine.append(1, {11, 12, 13}).ok());
  bool refused = false;
  // The table's block is shared with another file, and there is no room for one of its own.
  machine.store().fail([&refused](std::uint64_t, Step step) {
    if (step != Step::table || refused) return 0;
    refused = true;
    return ENOSPC;
  });
  EXPECT_TRUE(machine.manage(1, ZoneAction::reset).ok());
  EXPECT_TRUE(refused);
  EXPECT_EQ(machine.report(1).condition, ZoneCondition::empty);
  refused = false;
  ASSERT_FALSE(machine.append(1, {21}).ok()) << "a write takes space, and may not have the reserve";
}

TEST_F(ImageStoreTest, AFileThatHasBecomeShorterIsAnError) {
  SparseFile file = fresh_file();
  Machine machine(loop(), file);
  ASSERT_TRUE(machine.append(1, {11}).ok());
  const_cast<SparseFile&>(machine.store().file()).size_bytes = 0;
  EXPECT_FALSE(machine.append(1, {12}).ok());
  EXPECT_FALSE(machine.manage(1, ZoneAction::reset).ok());
  EXPECT_FALSE(loop().run(machine.device().report_zones(0, zones)).ok());
}

TEST_F(ImageStoreTest, AnImageForReadingIsNotWritten) {
  Machine machine(loop(), fresh_file());
  ASSERT_TRUE(machine.append(1, {11, 12}).ok());
  ASSERT_TRUE(machine.manage(2, ZoneAction::open).ok());
  Machine reader(loop(), machine.store().file(), false);
  EXPECT_EQ(reader.report(1).condition, ZoneCondition::closed);
  EXPECT_EQ(reader.report(2).condition, ZoneCondition::empty);
  EXPECT_EQ(reader.content(1).stamps, (Stamps{11, 12}));
  EXPECT_EQ(reader.append(1, {13}).error().code(), EROFS);
  EXPECT_EQ(reader.manage(1, ZoneAction::reset).error().code(), EROFS);
  EXPECT_EQ(reader.store().steps(), 0U);
}

// ---- Limits, under load ------------------------------------------------------------------------------------------

Task<void> append_into(ImageDevice& device, ZoneIndex zone, std::span<const std::byte> data, int* code) {
  const Result<Lba> landed = co_await device.append(zone, data);
  *code = landed ? 0 : landed.error().code();
}

/// How many zones count as open and as active in the table as another process reads it.
std::pair<std::uint32_t, std::uint32_t> counted(const SparseFile& file) {
  const Header header = header_of({});
  std::pair<std::uint32_t, std::uint32_t> counts;
  for (ZoneIndex zone = 1; zone < zones; ++zone) {
    std::uint64_t word = 0;
    file.read(std::as_writable_bytes(std::span(&word, 1)), header.word_offset_bytes(zone));
    const ZoneCondition condition = image::unpack(word, zone_capacity)->condition;
    counts.first += is_open(condition) ? 1 : 0;
    counts.second += is_active(condition) ? 1 : 0;
  }
  return counts;
}

TEST_F(ImageStoreTest, LimitsHoldWhenZonesAreWrittenAtOnce) {
  struct Row {
    ResourceLimits limits;
    std::size_t succeed;
  };
  for (const Row& row :
       {Row{{1, 2}, 2}, Row{{1, 0}, 3}, Row{{2, 2}, 2}, Row{{0, 1}, 1}, Row{{3, 3}, 3}, Row{{1, 1}, 1}}) {
    SCOPED_TRACE(fmt::format("open {}, active {}", row.limits.max_open_zones, row.limits.max_active_zones));
    Machine machine(loop(), fresh_file(row.limits));
    const Buffer block(block_bytes);
    std::memset(block.data(), 1, block_bytes);
    std::vector<int> codes(zones - 1, -1);
    std::vector<Task<void>> tasks;
    for (ZoneIndex zone = 1; zone < zones; ++zone) {
      tasks.push_back(append_into(machine.device(), zone, block.first(block_bytes), &codes[zone - 1]));
    }
    test::run_all(loop(), std::move(tasks));
    EXPECT_EQ(static_cast<std::size_t>(std::count(codes.begin(), codes.end(), 0)), row.succeed);
    EXPECT_EQ(static_cast<std::size_t>(std::count(codes.begin(), codes.end(), EOVERFLOW)), codes.size() - row.succeed);
    // At no moment were there more.
    for (std::size_t count = 0; count <= machine.store().changes().size(); ++count) {
      const auto [open, active] = counted(test::after_kill(machine.store(), count));
      if (row.limits.max_open_zones != 0) {
        EXPECT_LE(open, row.limits.max_open_zones) << "after change " << count;
      }
      if (row.limits.max_active_zones != 0) {
        EXPECT_LE(active, row.limits.max_active_zones) << "after change " << count;
      }
    }
  }
}

Task<void> play_into(ImageDevice& device, std::uint64_t seed, std::uint64_t* refusals) {
  Random random(seed);
  const Buffer block(block_bytes);
  std::memset(block.data(), 1, block_bytes);
  for (int step = 0; step < 200; ++step) {
    const auto zone = static_cast<ZoneIndex>(random.between(1, zones - 1));
    int code = 0;
    if (random.below(4) != 0) {
      const std::span<const std::byte> data = block.first(block_bytes);
      const Result<Lba> landed = co_await device.append(zone, data);
      code = landed ? 0 : landed.error().code();
    } else {
      constexpr ZoneAction actions[] = {ZoneAction::open, ZoneAction::close, ZoneAction::reset, ZoneAction::reset};
      const ZoneAction action = actions[random.below(4)];
      const Status done = co_await device.manage_zone(zone, action);
      code = done ? 0 : done.error().code();
    }
    *refusals += code == EOVERFLOW || code == ETOOMANYREFS ? 1 : 0;
    const bool expected = code == 0 || code == EOVERFLOW || code == ETOOMANYREFS || code == EFBIG || code == EINVAL;
    EXPECT_TRUE(expected) << "errno " << code;
  }
}

TEST_F(ImageStoreTest, LimitsHoldUnderRandomCommandsOfManyAtOnce) {
  std::uint64_t refusals = 0;
  for (const ResourceLimits& limits :
       {ResourceLimits{1, 2}, ResourceLimits{2, 2}, ResourceLimits{1, 0}, ResourceLimits{2, 0}}) {
    SCOPED_TRACE(fmt::format("open {}, active {}", limits.max_open_zones, limits.max_active_zones));
    Machine machine(loop(), fresh_file(limits));
    std::vector<Task<void>> tasks;
    for (std::uint64_t player = 0; player < 6; ++player) {
      tasks.push_back(play_into(machine.device(), seed_ + player, &refusals));
    }
    test::run_all(loop(), std::move(tasks));
    SparseFile file = machine.store().first();
    for (const MemoryStore::Change& change : machine.store().changes()) {
      if (change.step != Step::table) continue;
      file.write(change.data, change.offset_bytes);
      const auto [open, active] = counted(file);
      ASSERT_LE(open, limits.max_open_zones);
      if (limits.max_active_zones != 0) {
        ASSERT_LE(active, limits.max_active_zones);
      }
    }
  }
  EXPECT_GT(refusals, 0U) << "the limits were never met: then this test shows nothing";
}

}  // namespace
}  // namespace zonecopy
