// A benchmark of a subject in memory: the order of what is done, what is left behind, and what a verification finds.
#include "tools/bench/bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "tools/bench/pattern.h"
#include "tools/bench/walk.h"

namespace zonecopy::benching {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t zone_bytes = 64U << 10;

class MemorySubject final : public Subject {
 public:
  explicit MemorySubject(std::size_t zones) : zones_(zones) {
    facts_.name = "memory";
    facts_.block_size_bytes = 4096;
  }

  std::vector<Mode> modes;              ///< in which copies were made
  std::optional<Mode> impossible;       ///< why_not() of this one
  std::uint64_t fail_at_copy = 0;       ///< this copy of a run fails; 0: none
  std::uint64_t damage_at_bytes = ~0U;  ///< a byte of the first destination that is changed after each run
  std::atomic<bool>* stop_in_run = nullptr;
  bool writable = false;

  [[nodiscard]] bool all_empty() const {
    return std::ranges::all_of(zones_, [](const auto& zone) { return zone.empty(); });
  }
  void put(std::size_t zone) { zones_[zone].resize(4096); }

  Result<Supply> supply(bool destroy) override {
    Supply supply;
    supply.block_size_bytes = facts_.block_size_bytes;
    for (std::size_t zone = 0; zone < zones_.size(); ++zone) {
      if (zones_[zone].empty() || destroy) supply.zones.push_back({zone, zone_bytes});
    }
    return supply;
  }
  std::string why_not(Mode mode) const override { return mode == impossible ? "cannot be" : ""; }
  Status make_writable() override {
    writable = true;
    return {};
  }
  Status reset(const std::vector<std::size_t>& zones) override {
    for (const std::size_t zone : zones) zones_[zone].clear();
    return {};
  }
  Status fill(const Plan& plan, const Load& load, const Watch& watch) override {
    EXPECT_TRUE(writable);
    for (const JobZones& job : plan.jobs) {
      for (std::size_t i = 0; i < job.sources.size(); ++i) {
        EXPECT_TRUE(zones_[job.sources[i]].empty());
        zones_[job.sources[i]].resize(plan.zone_fill_bytes(i));
        make_pattern(load.seed, job.sources[i], 0, zones_[job.sources[i]]);
        watch.done(plan.zone_fill_bytes(i));
      }
    }
    return {};
  }
  Status run(const Plan& plan, const Load& load, const Shape& shape, Mode mode, const Watch& watch,
             Copied& copied) override {
    modes.push_back(mode);
    for (std::size_t job = 0; job < plan.jobs.size(); ++job) {
      const Walk walk(plan, shape, load, job);
      for (std::uint64_t i = 0; i < walk.steps(); ++i) {
        if (stop_in_run != nullptr) *stop_in_run = true;
        if (watch.stopped()) return Error(EINTR, "bench");
        if (fail_at_copy != 0 && ++copies_ == fail_at_copy) return Error(EIO, "copy");
        copy(plan.jobs[job], walk.step(i), shape);
        ++copied.copies;
        copied.bytes_offloaded += shape.bytes();
        copied.latencies.add(1000);
      }
    }
    std::vector<std::byte>& first = zones_[plan.jobs.front().destinations.front()];
    if (damage_at_bytes < first.size()) first[damage_at_bytes] ^= std::byte{1};
    return {};
  }
  Status flush(const Plan&) override { return {}; }
  Status read(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) override {
    std::copy_n(zones_[zone].begin() + static_cast<std::ptrdiff_t>(offset_bytes), data.size(), data.begin());
    return {};
  }

 private:
  void copy(const JobZones& job, const Step& step, const Shape& shape) {
    std::vector<std::byte>& to = zones_[job.destinations[step.destination.zone]];
    EXPECT_EQ(to.size(), step.destination.offset_bytes);
    for (const JobPlace& source : step.sources) {
      const std::vector<std::byte>& from = zones_[job.sources[source.zone]];
      ASSERT_LE(source.offset_bytes + shape.block_bytes, from.size());
      const auto begin = from.begin() + static_cast<std::ptrdiff_t>(source.offset_bytes);
      to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(shape.block_bytes));
    }
  }

  std::vector<std::vector<std::byte>> zones_;
  std::uint64_t copies_ = 0;
};

class BenchTest : public testing::Test {
 protected:
  BenchTest() {
    request.load.shapes = {{8192, 3}};
    request.load.modes = {Mode::automatic, Mode::read_write};
    request.load.jobs = 2;
    request.load.job_bytes = 2 * zone_bytes;
    watch.begin = [](std::string_view, std::uint64_t) {};
    watch.done = [](std::uint64_t) {};
    watch.stop = &stop;
  }
  Outcome measure_it() { return measure(subject, request, watch); }

  MemorySubject subject{9};
  Request request;
  std::atomic<bool> stop = false;
  Watch watch;
};

TEST_F(BenchTest, CountsAllCopiesOfAllRounds) {
  request.load.rounds = 3;
  request.load.verify = true;
  const Outcome outcome = measure_it();
  EXPECT_FALSE(outcome.error);
  ASSERT_EQ(outcome.cases.size(), 2U);
  for (const Case& each : outcome.cases) {
    EXPECT_EQ(each.copied.copies, 3U * 2 * 4);  // two copies of 24 KiB in each of two zones of 64 KiB, two jobs
    EXPECT_EQ(each.copied.bytes(), each.copied.copies * 24576);
    EXPECT_EQ(each.seconds.size(), 3U);
    EXPECT_TRUE(each.verified);
    EXPECT_GT(each.bytes_per_second(), 0);
  }
  EXPECT_TRUE(subject.all_empty());
}

TEST_F(BenchTest, ModesTakeTurns) {
  request.load.rounds = 2;
  EXPECT_FALSE(measure_it().error);
  EXPECT_THAT(subject.modes, ElementsAre(Mode::automatic, Mode::read_write, Mode::read_write, Mode::automatic));
}

TEST_F(BenchTest, RandomRangesAreVerifiedToo) {
  request.load.random = request.load.verify = true;
  request.load.shapes = {{4096, 1}, {4096, 5}};
  const Outcome outcome = measure_it();
  EXPECT_FALSE(outcome.error);
  for (const Case& each : outcome.cases) EXPECT_TRUE(each.verified);
}

TEST_F(BenchTest, AByteThatIsWrongIsFound) {
  for (const std::uint64_t wrong : {0U, 5000U, 49151U}) {
    request.load.verify = true;
    subject.damage_at_bytes = wrong;
    const Outcome outcome = measure_it();
    ASSERT_TRUE(outcome.error) << wrong;
    EXPECT_EQ(outcome.error->code(), EIO);
    EXPECT_THAT(outcome.error->detail(), HasSubstr(std::to_string(wrong / 512 * 512)));
    EXPECT_TRUE(subject.all_empty());
  }
}

TEST_F(BenchTest, LeavesZonesEmptyAfterAFailure) {
  subject.fail_at_copy = 3;
  EXPECT_EQ(measure_it().error->code(), EIO);
  EXPECT_TRUE(subject.all_empty());
}

TEST_F(BenchTest, LeavesZonesEmptyAfterAnInterruption) {
  subject.stop_in_run = &stop;
  EXPECT_EQ(measure_it().error->code(), EINTR);
  EXPECT_TRUE(subject.all_empty());
}

TEST_F(BenchTest, WhatHoldsDataIsLeftAlone) {
  subject.put(0);
  EXPECT_FALSE(measure_it().error);
  EXPECT_FALSE(subject.all_empty());
  request.destroy = true;
  request.load.jobs = 4;
  EXPECT_FALSE(measure_it().error);
  EXPECT_TRUE(subject.all_empty());
}

TEST_F(BenchTest, WhatCannotBeMeasuredIsSaidAndTheRestMeasured) {
  subject.impossible = Mode::automatic;
  request.load.shapes = {{8192, 1}, {512, 1}, {zone_bytes, 2}};
  const Outcome outcome = measure_it();
  EXPECT_FALSE(outcome.error);
  EXPECT_THAT(subject.modes, ElementsAre(Mode::read_write));
  EXPECT_EQ(outcome.cases[0].not_measured_because, "cannot be");
  EXPECT_EQ(outcome.cases[1].not_measured_because, "");
  EXPECT_THAT(outcome.cases[2].not_measured_because, HasSubstr("no whole blocks"));
  EXPECT_THAT(outcome.cases[4].not_measured_because, HasSubstr("longer"));
}

TEST_F(BenchTest, NothingIsTouchedWhereNothingCanBeMeasured) {
  request.load.modes = {Mode::offload};
  subject.impossible = Mode::offload;
  EXPECT_EQ(measure_it().error->code(), EOPNOTSUPP);
  request.counted.interface = "none-such";
  EXPECT_EQ(measure_it().error->code(), ENODEV);
  EXPECT_FALSE(subject.writable);
  EXPECT_THAT(subject.modes, IsEmpty());
}

}  // namespace
}  // namespace zonecopy::benching
