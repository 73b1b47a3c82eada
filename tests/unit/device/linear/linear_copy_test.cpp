// Copies on a long device, as commands of those below.
#include <gmock/gmock.h>

#include "tests/support/device/borrowed_device.h"
#include "tests/unit/device/linear/long_device.h"

namespace zonecopy::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr CopyLimits wide{8, 16, 24};

/// Refuses copies from others, though it promised them, as never possible, and still copies within itself.
class RefusesOthers final : public BorrowedDevice {
 public:
  using BorrowedDevice::BorrowedDevice;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override {
    CopyOutcome outcome;
    if (&source == this) {
      outcome = co_await BorrowedDevice::copy(source, command, cancel);
      co_return outcome;
    }
    CopyFailure failure{CopyDecision::never, Error(EOPNOTSUPP, "copy", "not from there")};
    outcome.failure.emplace(std::move(failure));
    co_return outcome;
  }
};

/// Zones: 0 and 1 are the last two of B, 2 to 4 are A, 5 is the first of B.
class LinearCopy : public LoopTest {
 protected:
  void make(CopyLimits of_a, CopyLimits of_b, bool across) {
    SimSpec a = spec_of("A", "SSS", of_a);
    SimSpec b = spec_of("B", "SSS", of_b);
    a.copies_across_devices = b.copies_across_devices = across;
    made_ = make_long(loop(), {a, b}, {{1, 1, 2}, {0, 0, 3}, {1, 0, 1}});
  }
  [[nodiscard]] linear::LinearDevice& device() { return *made_.device; }
  [[nodiscard]] SimDevice& a() { return *made_.below[0]; }
  [[nodiscard]] SimDevice& b() { return *made_.below[1]; }
  void write(Lba lba, std::uint8_t first, std::size_t blocks) {
    const Buffer data = counting(first, blocks);
    ASSERT_TRUE(run(device().write(lba, data.first(data.size()))).ok());
  }
  std::vector<int> read(Lba lba, std::size_t blocks) {
    const Buffer data(blocks * 512);
    EXPECT_TRUE(run(device().read(lba, data.first(data.size()))).ok());
    return first_bytes(data.first(data.size()));
  }
  CopyOutcome copy(CopyCommand command, const CancelToken* cancel = nullptr) {
    return run(device().copy(device(), command, cancel));
  }

  LongDevice made_;
};

TEST_F(LinearCopy, WithinAPieceItIsOneCommandBelow) {
  make(wide, wide, false);
  write(0, 1, 6);
  const CopyOutcome outcome = copy({32, {{0, 2}, {4, 2}}});
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(outcome.blocks_copied, 4U);
  EXPECT_THAT(read(32, 5), ElementsAre(1, 2, 5, 6, 0));
  ASSERT_EQ(b().count(Command::copy), 1U);
  const std::vector<CopyRange> ranges{{32, 2}, {36, 2}};
  EXPECT_EQ(b().log().back().command == Command::copy ? b().log().back().ranges : ranges, ranges);
}

TEST_F(LinearCopy, BetweenPiecesOfOneDeviceToo) {
  make(wide, wide, false);
  write(160, 7, 3);
  EXPECT_EQ(copy({32, {{160, 3}}}).blocks_copied, 3U);
  EXPECT_THAT(read(32, 3), ElementsAre(7, 8, 9));
  EXPECT_EQ(b().count(Command::copy), 1U);
  EXPECT_EQ(a().count(Command::copy), 0U);
}

TEST_F(LinearCopy, ItIsCutWhereTheSourceDeviceChanges) {
  make(wide, wide, true);
  write(0, 1, 4);    // B
  write(64, 11, 4);  // A
  const CopyOutcome outcome = copy({96, {{64, 2}, {0, 2}, {2, 1}, {66, 1}}});
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_EQ(outcome.blocks_copied, 6U);
  EXPECT_THAT(read(96, 6), ElementsAre(11, 12, 1, 2, 3, 13));
  EXPECT_EQ(a().count(Command::copy), 3U);
}

TEST_F(LinearCopy, TheWayFromAnotherDeviceHasLimitsOfItsOwn) {
  make(wide, {8, 3, 24}, true);  // B reads three blocks a range
  write(0, 1, 8);
  const CopyOutcome outcome = copy({64, {{0, 8}}});
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_THAT(read(64, 8), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(a().count(Command::copy), 1U);
}

TEST_F(LinearCopy, WhereThereIsNoWayItSaysHowFarItCame) {
  make(wide, wide, false);
  write(0, 1, 4);
  write(64, 11, 4);
  const CopyOutcome outcome = copy({96, {{64, 3}, {0, 2}, {67, 1}}});
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->decision, CopyDecision::fall_back);
  EXPECT_EQ(outcome.blocks_copied, 3U);
  EXPECT_THAT(outcome.failure->error.to_string(), HasSubstr("copy on long, zone 3, LBA 99"));
  EXPECT_THAT(outcome.failure->error.detail(), HasSubstr("A cannot copy from B by itself"));
  EXPECT_THAT(read(96, 4), ElementsAre(11, 12, 13, 0));
  EXPECT_EQ(device().copy_route(device()).path, CopyPath::offloaded) << "others can";
}

TEST_F(LinearCopy, AFailureEndsIt) {
  make(wide, wide, true);
  write(0, 1, 4);
  write(64, 11, 4);
  Fault second = fault_of(Command::copy);
  second.skip = 1;
  a().inject(second);
  const CopyOutcome outcome = copy({96, {{64, 2}, {0, 2}, {66, 1}}});
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->decision, CopyDecision::fail);
  EXPECT_EQ(outcome.blocks_copied, 2U);
  EXPECT_EQ(outcome.failure->error.device(), "long");
  EXPECT_EQ(a().count(Command::copy), 2U);
}

TEST_F(LinearCopy, ARefusalForGoodIsOneOfTheLongDevice) {
  make(wide, wide, false);
  write(0, 1, 4);
  Fault refusal = fault_of(Command::copy);
  refusal.fall_back = refusal.never = true;
  b().inject(refusal);
  const CopyOutcome outcome = copy({32, {{0, 2}}});
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->decision, CopyDecision::never);
  const CopyRoute route = device().copy_route(device());
  EXPECT_EQ(route.path, CopyPath::emulated);
  EXPECT_THAT(route.objection, HasSubstr("B: the device has refused it for good"));
}

TEST_F(LinearCopy, ARefusalOfOneWayLeavesTheOthers) {
  SimSpec spec = spec_of("A", "SSS", wide);
  spec.copies_across_devices = true;
  SimDevice below_a(spec);
  SimDevice below_b(spec);
  linear::Parts parts{"long", "", {}, pieces_of({{0, 0, 3}, {1, 0, 3}}), nullptr};
  parts.devices.push_back(std::make_unique<RefusesOthers>(below_a));
  parts.devices.push_back(std::make_unique<RefusesOthers>(below_b));
  Result<std::unique_ptr<linear::LinearDevice>> row = linear::LinearDevice::make(loop(), std::move(parts));
  ASSERT_TRUE(row.ok());
  made_.device = std::move(*row);
  write(0, 1, 4);
  const CopyOutcome across = copy({96, {{0, 2}}});
  ASSERT_TRUE(across.failure.has_value());
  EXPECT_EQ(across.failure->decision, CopyDecision::fall_back);
  EXPECT_EQ(device().copy_route(device()).path, CopyPath::offloaded);
  EXPECT_EQ(copy({32, {{0, 2}}}).blocks_copied, 2U);
}

TEST_F(LinearCopy, RangesOutsideAreRefused) {
  make(wide, wide, true);
  write(0, 1, 4);
  for (const CopyCommand& command :
       {CopyCommand{64, {{190, 4}}}, CopyCommand{64, {{62, 4}}}, CopyCommand{200, {{0, 1}}}, CopyCommand{158, {{0, 4}}},
        CopyCommand{64, {{~Lba{0}, 2}}}}) {
    const CopyOutcome outcome = copy(command);
    ASSERT_TRUE(outcome.failure.has_value());
    EXPECT_EQ(outcome.failure->decision, CopyDecision::fail);
  }
  EXPECT_EQ(a().count(Command::copy) + b().count(Command::copy), 0U);
}

TEST_F(LinearCopy, ACancelledCopyEndsBetweenCommands) {
  make(wide, wide, true);
  write(0, 1, 4);
  write(64, 11, 4);
  CancelToken cancel;
  b().on_command([](Command) {});
  a().on_command([&cancel](Command command) {
    if (command == Command::copy) cancel.request();
  });
  const CopyOutcome outcome = copy({96, {{64, 2}, {0, 2}}}, &cancel);
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_LE(outcome.blocks_copied, 2U);
  EXPECT_EQ(a().count(Command::copy), 1U);
}

TEST_F(LinearCopy, AWriteAfterACopyComesAfterAllOfIt) {
  make(wide, wide, true);
  write(0, 1, 4);
  write(64, 11, 4);
  CopyOutcome outcome;
  Status written = Error(EIO, "not yet");
  const Buffer data = counting(99, 1);
  const CopyCommand command{96, {{64, 2}, {0, 2}}};
  const auto copying = [&]() -> Task<void> { outcome = co_await device().copy(device(), command, nullptr); };
  const auto writing = [&]() -> Task<void> { written = co_await device().write(100, data.span()); };
  std::vector<Task<void>> tasks;
  tasks.push_back(copying());
  tasks.push_back(writing());
  run_all(loop(), std::move(tasks));
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_TRUE(written.ok());
  EXPECT_THAT(read(96, 5), ElementsAre(11, 12, 1, 2, 99));
}

TEST_F(LinearCopy, RoutesFromOthers) {
  make(wide, {4, 16, 12}, true);
  SimSpec spec = spec_of("C", "SSS", {8, 5, 24});
  spec.copies_across_devices = true;
  const SimDevice other(spec);
  const CopyRoute route = device().copy_route(other);
  EXPECT_EQ(route.path, CopyPath::offloaded);
  EXPECT_EQ(route.limits, (CopyLimits{4, 5, 12}));
  EXPECT_EQ(route.objection, "");
  EXPECT_EQ(other.copy_route(device()).path, CopyPath::emulated);
  const LongDevice second = make_long(loop(), {spec, spec}, {{1, 0, 1}, {0, 0, 1}});
  EXPECT_EQ(device().copy_route(*second.device).path, CopyPath::offloaded);
  make(wide, wide, false);
  EXPECT_EQ(device().copy_route(other).path, CopyPath::emulated);
  EXPECT_THAT(device().copy_route(other).objection, HasSubstr("cannot copy from C"));
}

TEST_F(LinearCopy, FromAnotherLongDevice) {
  make(wide, wide, true);
  SimSpec spec = spec_of("C", "SSS", wide);
  spec.copies_across_devices = true;
  const LongDevice second = make_long(loop(), {spec, spec}, {{1, 1, 1}, {0, 0, 1}});
  const Buffer data = counting(50, 4);
  ASSERT_TRUE(run(second.device->write(32, data.first(2048))).ok());
  const CopyOutcome outcome = run(device().copy(*second.device, CopyCommand{64, {{33, 3}}}, nullptr));
  EXPECT_FALSE(outcome.failure.has_value());
  EXPECT_THAT(read(64, 3), ElementsAre(51, 52, 53));
}

}  // namespace
}  // namespace zonecopy::test
