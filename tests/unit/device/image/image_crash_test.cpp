// The image device over a store that fails, is killed, or loses power at every step of every command.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/image/image_machine.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/random.h"
#include "tests/support/seed.h"

namespace zonecopy {
namespace {

using test::Content;
using test::fresh_file;
using test::Machine;
using test::Random;
using test::SparseFile;
using test::stamp;
using test::Stamps;
using test::zone_capacity;
using test::zone_size;
using test::zones;
using Step = test::MemoryStore::Step;

/// A list of commands, and after each what the zones should hold.
struct Command {
  enum class Kind : std::uint8_t { append, reset, finish, open, close, flush, copy, zeroes } kind = Kind::append;
  ZoneIndex zone = 1;
  std::uint32_t blocks = 0;
  ZoneIndex source = 0;
};
using Kind = Command::Kind;

std::string words(const Command& command) {
  constexpr const char* names[] = {"append", "reset", "finish", "open", "close", "flush", "copy", "zeroes"};
  return fmt::format("{} of {} blocks, zone {}", names[static_cast<int>(command.kind)], command.blocks, command.zone);
}

std::vector<Command> random_commands(Random& random, std::size_t count) {
  std::vector<Command> commands;
  while (commands.size() < count) {
    Command command;
    const std::uint64_t dice = random.below(19);
    command.kind = dice < 7    ? Kind::append
                   : dice < 9  ? Kind::reset
                   : dice < 10 ? Kind::finish
                   : dice < 11 ? Kind::open
                   : dice < 12 ? Kind::close
                   : dice < 14 ? Kind::flush
                   : dice < 16 ? Kind::copy
                               : Kind::zeroes;
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
      case Kind::zeroes: {
        const std::uint64_t at = content.stamps.size();
        done = machine_.write_zeroes(command.zone, at, command.blocks);
        wanted.stamps.resize(at + command.blocks);
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

  /// A full zone does not tell zeros that were written from those of its finish.
  static bool same(const Content& a, const Content& b) {
    return a.full == b.full && (a.full ? without_zeros(a.stamps) == without_zeros(b.stamps) : a.stamps == b.stamps);
  }

  [[nodiscard]] const std::vector<Content>& now() const { return now_; }
  [[nodiscard]] const std::vector<Content>& before() const { return before_; }
  [[nodiscard]] const std::vector<Content>& wanted() const { return wanted_; }
  [[nodiscard]] const std::vector<Content>& synced() const { return synced_; }

 private:
  static Stamps without_zeros(Stamps stamps) {
    while (!stamps.empty() && stamps.back() == 0) stamps.pop_back();
    return stamps;
  }

  Machine& machine_;
  std::vector<Content> now_;
  std::vector<Content> before_;
  std::vector<Content> wanted_;
  std::vector<Content> synced_;
  std::uint64_t generations_ = 1;
};

class ImageCrash : public test::LoopTest {
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

TEST_F(ImageCrash, AfterAKillBetweenAnyTwoStepsWhatWasAcknowledgedIsThere) {
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

TEST_F(ImageCrash, AfterAPowerCutBetweenAnyTwoStepsNothingSyncedIsLostAndNothingStaleIsSeen) {
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

TEST_F(ImageCrash, TwoPowerCutsInARow) {
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

TEST_F(ImageCrash, AStepThatFailsLeavesZonesAsTheyWereOrAsTheyWereToBe) {
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

TEST_F(ImageCrash, HolesThatACopyCarriesOverCountAsData) {
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

/// Fails the next sync with EIO, once.
void fail_next_sync(Machine& machine) {
  bool failed = false;
  machine.store().fail([failed](std::uint64_t, Step step) mutable {
    if (failed || step != Step::sync) return 0;
    failed = true;
    return EIO;
  });
}

/// A zone's entry in the table.
image::ZoneRecord record_of(Machine& machine, ZoneIndex zone) {
  std::uint64_t word = 0;
  const std::uint64_t offset_bytes = test::header_of({}).word_offset_bytes(zone);
  EXPECT_EQ(machine.store().read_now(std::as_writable_bytes(std::span(&word, 1)), offset_bytes), 0);
  return image::unpack(word, zone_capacity).value_or(image::ZoneRecord());
}

TEST_F(ImageCrash, ASyncAfterOneThatFailedVouchesForNothingThatThatOneDropped) {
  for (const bool reset_first : {false, true}) {
    Machine machine(loop(), fresh_file());
    ASSERT_TRUE(machine.append(1, {11, 12, 13}).ok());
    ASSERT_TRUE(machine.flush().ok());
    if (!reset_first) {
      ASSERT_TRUE(machine.append(1, {14}).ok());
    }
    fail_next_sync(machine);
    EXPECT_FALSE(reset_first ? machine.manage(1, ZoneAction::reset).ok() : machine.flush().ok());
    ASSERT_TRUE(machine.flush().ok());
    const Stamps expected = reset_first ? Stamps() : Stamps{11, 12, 13, 14};
    EXPECT_EQ(machine.content(1).stamps, expected);
    Random random(seed_);
    Machine cut(loop(), test::after_power_cut(machine.store(), machine.store().changes().size(), random, 0));
    EXPECT_EQ(cut.content(1).stamps, expected) << "synced, and lost";
  }
}

TEST_F(ImageCrash, WhatACopyThatFailsLeavesNeverBecomesContent) {
  Machine machine(loop(), fresh_file());
  ASSERT_TRUE(machine.append(1, {11, 12}).ok());
  ASSERT_TRUE(machine.manage(1, ZoneAction::finish).ok());
  ASSERT_TRUE(machine.append(2, {31}).ok());
  fail_next_sync(machine);  // which the holes of zone 1 make necessary
  EXPECT_TRUE(machine.copy(1, 2, 1, 8).failure.has_value());
  machine.store().fail(nullptr);
  EXPECT_EQ(machine.content(2).stamps, Stamps{31});
  ASSERT_TRUE(machine.manage(2, ZoneAction::finish).ok());
  EXPECT_EQ(machine.content(2).stamps, Stamps{31}) << "a finished zone has zeros where nothing was written";
}

TEST_F(ImageCrash, WhereNothingCanBePunchedZonesAreResetAllTheSame) {
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

TEST_F(ImageCrash, WhereNothingCanBePunchedZerosAreWritten) {
  Machine machine(loop(), fresh_file());
  machine.store().cannot_punch(EOPNOTSUPP);
  ASSERT_TRUE(machine.append(1, {11, 12, 13, 14, 15}).ok());
  ASSERT_TRUE(machine.manage(1, ZoneAction::reset).ok());
  ASSERT_TRUE(machine.write_zeroes(1, 0, 4).ok());
  EXPECT_EQ(machine.content(1).stamps, (Stamps{0, 0, 0, 0})) << "what was there before the reset is no content";
  ASSERT_TRUE(machine.write_zeroes(0, 2, 4).ok());
  EXPECT_EQ(machine.read(0), Stamps(zone_size));
}

TEST_F(ImageCrash, ZerosVouchForNothingThatASyncMayHaveDropped) {
  Machine machine(loop(), fresh_file());
  ASSERT_TRUE(machine.append(1, {11, 12, 13}).ok());
  fail_next_sync(machine);
  EXPECT_FALSE(machine.flush().ok());
  ASSERT_TRUE(machine.write_zeroes(1, 3, 4).ok());
  EXPECT_EQ(record_of(machine, 1), (image::ZoneRecord{ZoneCondition::implicit_open, 7, 7}))
      << "blocks that may be lost are told to be on the media";
  EXPECT_EQ(machine.content(1).stamps, (Stamps{11, 12, 13, 0, 0, 0, 0}));
}

TEST_F(ImageCrash, NorDoHolesThatACopyWouldCarryOver) {
  Machine machine(loop(), fresh_file());
  ASSERT_TRUE(machine.append(1, {11, 12}).ok());
  ASSERT_TRUE(machine.manage(1, ZoneAction::finish).ok());
  ASSERT_TRUE(machine.append(2, {31}).ok());
  fail_next_sync(machine);
  EXPECT_FALSE(machine.flush().ok());
  const CopyOutcome outcome = machine.copy(1, 2, 1, 8);
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->decision, CopyDecision::fall_back) << "read and written, there are no holes";
  EXPECT_EQ(record_of(machine, 2), (image::ZoneRecord{ZoneCondition::implicit_open, 1, 1}));
  EXPECT_FALSE(machine.copy(1, 2, 1, 2).failure.has_value()) << "blocks without holes";
  EXPECT_EQ(record_of(machine, 2), (image::ZoneRecord{ZoneCondition::implicit_open, 3, 3}));
  EXPECT_EQ(machine.content(2).stamps, (Stamps{31, 11, 12}));
}

TEST_F(ImageCrash, AResetOnAFullDiskTakesTheReserve) {
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

TEST_F(ImageCrash, AFileThatHasBecomeShorterIsAnError) {
  SparseFile file = fresh_file();
  Machine machine(loop(), file);
  ASSERT_TRUE(machine.append(1, {11}).ok());
  const_cast<SparseFile&>(machine.store().file()).size_bytes = 0;
  EXPECT_FALSE(machine.append(1, {12}).ok());
  EXPECT_FALSE(machine.manage(1, ZoneAction::reset).ok());
  EXPECT_FALSE(loop().run(machine.device().report_zones(0, zones)).ok());
}

TEST_F(ImageCrash, AnImageForReadingIsNotWritten) {
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

}  // namespace
}  // namespace zonecopy
