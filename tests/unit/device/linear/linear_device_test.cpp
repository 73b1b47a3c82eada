// Commands to a long device, in its own numbers.
#include <gmock/gmock.h>

#include "tests/unit/device/linear/long_device.h"

namespace zonecopy::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Says what the test wants said.
class SwitchedGuard final : public linear::LayoutGuard {
 public:
  explicit SwitchedGuard(const bool* changed) : changed_(changed) {}
  Status check(Care) override {
    if (*changed_) return Error(EIO, "check", "the table was changed");
    return {};
  }

 private:
  const bool* changed_;
};

/// Zones: 0 and 1 are the last two of B, 2 to 5 are A, 6 is the first of B.
class Linear : public LoopTest {
 protected:
  [[nodiscard]] linear::LinearDevice& device() { return *made_.device; }
  [[nodiscard]] SimDevice& a() { return *made_.below[0]; }
  [[nodiscard]] SimDevice& b() { return *made_.below[1]; }
  Status write(Lba lba, std::uint8_t first, std::size_t blocks) {
    const Buffer data = counting(first, blocks);
    return run(device().write(lba, data.first(data.size())));
  }
  std::vector<int> read(Lba lba, std::size_t blocks) {
    const Buffer data(blocks * 512);
    const Status status = run(device().read(lba, data.first(data.size())));
    EXPECT_TRUE(status.ok());
    return first_bytes(data.first(data.size()));
  }
  Zone zone(ZoneIndex index) {
    const Result<std::vector<Zone>> zones = run(device().report_zones(index, 1));
    EXPECT_TRUE(zones.ok() && zones->size() == 1);
    return zones && !zones->empty() ? zones->front() : Zone();
  }

  bool changed_ = false;
  LongDevice made_ = make_long(loop(), {spec_of("A", "CSSS"), spec_of("B", "SSS")}, {{1, 1, 2}, {0, 0, 4}, {1, 0, 1}},
                               std::make_unique<SwitchedGuard>(&changed_));
};

TEST_F(Linear, ZonesAreNumberedAnew) {
  ASSERT_TRUE(write(32, 1, 3).ok());
  const Result<std::vector<Zone>> zones = run(device().report_zones(0, 100));
  ASSERT_TRUE(zones.ok());
  ASSERT_EQ(zones->size(), 7U);
  for (ZoneIndex i = 0; i < 7; ++i) {
    EXPECT_EQ((*zones)[i].index, i);
    EXPECT_EQ((*zones)[i].start_lba, i * 32);
  }
  EXPECT_EQ((*zones)[1].write_pointer_lba, 35U);
  EXPECT_EQ((*zones)[2].type, ZoneType::conventional);
  EXPECT_EQ(b().zones()[2].zone.write_pointer_lba, 67U);
  const Result<std::vector<Zone>> middle = run(device().report_zones(1, 2));
  ASSERT_TRUE(middle.ok());
  EXPECT_EQ(middle->size(), 2U);
  EXPECT_EQ(run(device().report_zones(7, 1))->size(), 0U);
}

TEST_F(Linear, ReadsAcrossPieces) {
  ASSERT_TRUE(write(64, 9, 2).ok());
  EXPECT_THAT(read(62, 4), ElementsAre(0, 0, 9, 10));
  ASSERT_TRUE(write(192, 40, 2).ok());
  EXPECT_THAT(read(190, 4), ElementsAre(0, 0, 40, 41));
  EXPECT_EQ(run(device().read(222, Buffer(512 * 4).first(512 * 4))).error().code(), EINVAL);
}

TEST_F(Linear, WritesEndWithThePiece) {
  const Buffer data(512 * 4);
  const Status across = run(device().write(62, data.first(512 * 4)));
  EXPECT_EQ(across.error().zone_refusal(), ZoneRefusal::boundary);
  EXPECT_EQ(run(device().write_zeroes(190, 3)).error().zone_refusal(), ZoneRefusal::boundary);
  EXPECT_EQ(run(device().write(224, data.first(512))).error().code(), EINVAL);
  EXPECT_EQ(run(device().manage_zone(7, ZoneAction::reset)).error().code(), EINVAL);
  EXPECT_EQ(run(device().append(7, data.first(512))).error().code(), EINVAL);
  EXPECT_EQ(a().count(Command::write) + b().count(Command::write) + b().count(Command::zeroes), 0U);
}

TEST_F(Linear, AppendTellsTheLongAddress) {
  ASSERT_TRUE(write(32, 1, 2).ok());
  const Buffer data = counting(5, 2);
  const Result<Lba> at = run(device().append(1, data.first(1024)));
  ASSERT_TRUE(at.ok());
  EXPECT_EQ(*at, 34U);
  EXPECT_THAT(read(32, 4), ElementsAre(1, 2, 5, 6));
}

TEST_F(Linear, ErrorsAreInItsOwnNumbers) {
  ASSERT_TRUE(write(32, 1, 2).ok());
  b().zones()[2].disturbed = true;  // or the simulated device complains of who writes here
  const Status wrong = write(40, 1, 1);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().zone_refusal(), ZoneRefusal::invalid_write);
  EXPECT_EQ(wrong.error().device(), "long");
  EXPECT_EQ(wrong.error().zone(), 1U);
  EXPECT_EQ(wrong.error().lba(), 40U);
  EXPECT_THAT(wrong.error().detail(), HasSubstr("on B, LBA 72"));
  EXPECT_THAT(wrong.error().to_string(), HasSubstr("write on long, zone 1, LBA 40"));
}

TEST_F(Linear, ManagesTheZoneBelow) {
  ASSERT_TRUE(run(device().manage_zone(6, ZoneAction::finish)).ok());
  EXPECT_EQ(zone(6).condition, ZoneCondition::full);
  EXPECT_EQ(b().zones()[0].zone.condition, ZoneCondition::full);
  ASSERT_TRUE(run(device().manage_zone(6, ZoneAction::reset)).ok());
  EXPECT_EQ(zone(6).condition, ZoneCondition::empty);
}

TEST_F(Linear, AllAreFlushedAlsoAfterAFailure) {
  a().inject(fault_of(Command::flush));
  const Status flushed = run(device().flush());
  ASSERT_FALSE(flushed.ok());
  EXPECT_EQ(flushed.error().device(), "long");
  EXPECT_THAT(flushed.error().detail(), HasSubstr("on A"));
  EXPECT_EQ(b().count(Command::flush), 1U);
  EXPECT_TRUE(run(device().flush()).ok());
}

TEST_F(Linear, NothingIsSentOnceTheLayoutHasChanged) {
  ASSERT_TRUE(write(32, 1, 2).ok());
  changed_ = true;
  const Status written = write(34, 1, 1);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code(), EIO);
  EXPECT_THAT(written.error().to_string(), HasSubstr("write on long, zone 1, LBA 34: Input/output error: the table"));
  EXPECT_EQ(run(device().read(32, Buffer(512).first(512))).error().detail(), "the table was changed");
  EXPECT_EQ(run(device().manage_zone(1, ZoneAction::reset)).error().detail(), "the table was changed");
  EXPECT_EQ(run(device().write_zeroes(34, 1)).error().detail(), "the table was changed");
  EXPECT_EQ(run(device().append(1, Buffer(512).first(512))).error().detail(), "the table was changed");
  EXPECT_EQ(run(device().report_zones(0, 1)).error().detail(), "the table was changed");
  EXPECT_EQ(run(device().flush()).error().detail(), "the table was changed");
  const CopyOutcome copied = run(device().copy(device(), CopyCommand{34, {{32, 1}}}, nullptr));
  ASSERT_TRUE(copied.failure.has_value());
  EXPECT_EQ(copied.failure->decision, CopyDecision::fail);
  EXPECT_EQ(b().count(Command::write), 1U);
  EXPECT_EQ(b().count(Command::reset), 0U);
}

TEST_F(Linear, AnErrorIsExplainedByAChangedLayout) {
  b().on_command([this](Command command) { changed_ = command == Command::write; });
  b().inject(fault_of(Command::write));
  EXPECT_EQ(write(32, 1, 1).error().detail(), "the table was changed");
}

TEST_F(Linear, ItsIdentityIsWhatWasGiven) {
  EXPECT_EQ(device().identity().path, "long");
  EXPECT_EQ(device().identity().id, "id of long");
}

}  // namespace
}  // namespace zonecopy::test
