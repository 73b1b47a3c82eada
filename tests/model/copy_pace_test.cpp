// A pace holds every step of a copy, whichever way the copy goes, and a copy that ends early does not wait for it.
#include <algorithm>
#include <vector>

#include "tests/model/copy_fixture.h"
#include "tests/support/copy/pace_timers.h"
#include "zonecopy/throttle.h"

namespace zonecopy::test {

namespace {

constexpr std::int64_t ms = 1'000'000;

/// Lets so many bytes pass at once, and the others when it is opened, or their copy is cancelled.
class TurnstilePace final : public CopyPace {
 public:
  explicit TurnstilePace(std::uint64_t step_max_bytes, std::uint64_t turns = 0, std::uint64_t seed = 1)
      : step_max_bytes_(step_max_bytes), turns_(turns), random_(seed) {}

  [[nodiscard]] std::uint64_t step_max_bytes() const override { return step_max_bytes_; }
  Task<void> before(std::uint64_t bytes, const CancelToken* cancel) override {
    ++steps;
    longest_step_bytes = std::max(longest_step_bytes, bytes);
    for (std::uint64_t left = random_.below(turns_ + 1); left > 0; --left) co_await Yield();
    while (allowed_bytes + bytes > closes_at_bytes && !cancel->requested()) co_await Yield();
    allowed_bytes += bytes;
  }
  void copied(std::uint64_t bytes) override { copied_bytes += bytes; }

  std::uint64_t closes_at_bytes = ~std::uint64_t{0};
  std::uint64_t steps = 0;
  std::uint64_t longest_step_bytes = 0;
  std::uint64_t allowed_bytes = 0;
  std::uint64_t copied_bytes = 0;

 private:
  std::uint64_t step_max_bytes_;
  std::uint64_t turns_;
  Random random_;
};

CopyOptions options_of(CopyMode mode, CopyPace& pace) {
  CopyOptions options;
  options.mode = mode;
  options.transfer_bytes = 4 * 512;
  options.pace = &pace;
  return options;
}

constexpr CopyMode modes[] = {CopyMode::offload, CopyMode::automatic, CopyMode::emulate};

Task<void> copy_into(EventLoop& loop, SimDevice& device, CopyJob job, CopyOptions options, CancelToken* cancel,
                     CopyReport* report) {
  CopyReport done = co_await copy(loop, device, device, std::move(job), options, cancel);
  *report = std::move(done);
}

/// Cancels the copy once all that was let through has arrived, and the copy has had time to do more.
Task<void> cancel_at_the_turnstile(TurnstilePace& pace, CancelToken* cancel) {
  while (pace.copied_bytes < pace.closes_at_bytes) co_await Yield();
  for (int turns = 0; turns < 50; ++turns) co_await Yield();
  cancel->request();
}

CopyJob job_to(const Destination& destination) { return CopyJob{{{32, 13}, {48, 3}, {64, 8}}, destination}; }

}  // namespace

TEST_F(CopyTest, a_pace_holds_each_step_and_is_told_of_all) {
  for (const CopyMode mode : modes) {
    for (const std::uint64_t step_bytes : {0, 1, 512, 1536, 1 << 20}) {
      SCOPED_TRACE(std::string(to_string(mode)) + ", steps of " + std::to_string(step_bytes));
      SimDevice device(spec_with_copy());
      fill_zones(device, 1, 2);
      TurnstilePace pace(step_bytes, 3);
      std::uint64_t begun_bytes = 0;
      device.on_command([&](Command command) {
        if (command == Command::write) return;  // its read has been let through
        ++begun_bytes;
        EXPECT_LE(begun_bytes, pace.allowed_bytes) << "a step that nobody has let through";
      });
      const CopyJob job = job_to(whole_zone(device, 4));
      const CopyReport report = copy_now(device, device, job, options_of(mode, pace));
      EXPECT_FALSE(report.error);
      expect_exact(device, device, job, report);
      EXPECT_EQ(pace.allowed_bytes, 24U * 512);
      EXPECT_EQ(pace.copied_bytes, 24U * 512);
      EXPECT_EQ(pace.steps, device.count(Command::copy) + device.count(Command::write));
      if (step_bytes != 0) {
        EXPECT_LE(pace.longest_step_bytes, std::max<std::uint64_t>(step_bytes, 512));
      }
    }
  }
}

TEST_F(CopyTest, reads_do_not_run_ahead_of_a_pace) {
  for (const std::uint64_t closes_at : {0, 1, 5, 12, 23}) {
    SCOPED_TRACE(closes_at);
    SimDevice device(spec_without_copy());
    fill_zones(device, 1, 2);
    TurnstilePace pace(512);
    CancelToken cancel;
    pace.closes_at_bytes = closes_at * 512;
    CopyReport report;
    const CopyJob job = job_to(whole_zone(device, 4));
    std::vector<Task<void>> tasks;
    const CopyOptions options = options_of(CopyMode::automatic, pace);
    tasks.push_back(copy_into(loop(), device, job, options, &cancel, &report));
    tasks.push_back(cancel_at_the_turnstile(pace, &cancel));
    run_all(loop(), std::move(tasks));
    ASSERT_TRUE(report.error);
    EXPECT_EQ(report.error->code(), EINTR);
    EXPECT_EQ(report.blocks(), closes_at);
    EXPECT_EQ(device.count(Command::read), closes_at);
    EXPECT_EQ(device.in_flight(), 0U);
    expect_exact(device, device, job, report);
  }
}

TEST_F(CopyTest, a_copy_that_fails_does_not_wait_for_its_pace) {
  const Watchdog watchdog("a failed copy waits for its pace", 60);
  for (const Command failing : {Command::read, Command::write}) {
    SimDevice device(spec_without_copy());
    fill_zones(device, 1, 2);
    Fault fault;
    fault.command = failing;
    fault.skip = 1;
    device.inject(fault);
    TurnstilePace pace(512);
    pace.closes_at_bytes = 3 * 512;
    const CopyJob job = job_to(whole_zone(device, 4));
    const CopyReport report = copy_now(device, device, job, options_of(CopyMode::automatic, pace));
    ASSERT_TRUE(report.error);
    EXPECT_EQ(report.error->code(), EIO);
    EXPECT_EQ(report.blocks(), 1U);
    expect_exact(device, device, job, report);
  }
}

/// Whoever waits for the pace has no buffer, and gets one in its turn.
TEST_F(CopyTest, paced_copies_share_too_little_memory) {
  const Watchdog watchdog("paced copies that share buffers wait for ever", 60);
  for (const std::uint64_t seed : seeds(1, 30)) {
    SCOPED_TRACE(seed);
    SimSpec spec = spec_without_copy();
    spec.max_delay = 9;
    spec.seed = seed;
    SimDevice device(spec);
    fill_zones(device, 1, 2);
    TurnstilePace pace(512, 9, seed);
    BufferPool pool(2 * 512, 1 + seed % 2, &loop().memory());
    CopyOptions options = options_of(CopyMode::automatic, pace);
    options.buffers = &pool;
    options.writes_in_flight = 1 + seed % 3;
    std::vector<CopyJob> jobs;
    for (const ZoneIndex zone : {5U, 3U, 4U}) jobs.push_back(job_to(whole_zone(device, zone)));
    if (options.writes_in_flight > 1) jobs = {CopyJob{{{32, 24}}, Destination{0, 24}}};
    const std::vector<CopyReport> reports = run(copy_all(loop(), device, device, jobs, options, nullptr));
    for (const CopyReport& report : reports) EXPECT_EQ(report.blocks(), 24U);
    EXPECT_EQ(pool.lent(), 0U);
  }
}

TEST_F(CopyTest, a_throttle_holds_its_rate_whichever_way_a_copy_goes) {
  for (const CopyMode mode : modes) {
    for (const std::uint64_t rate : {1'000U, 10'000U, 100'000U}) {
      SCOPED_TRACE(std::string(to_string(mode)) + ", " + std::to_string(rate));
      SimSpec spec = spec_with_copy();
      spec.copy_limits = CopyLimits{4, 50, 500};
      spec.zone_size_blocks = 1024;
      spec.zone_capacity_blocks = 1000;
      SimDevice device(spec);
      fill_zones(device, 1, 1);
      JumpingTimer timer;
      Throttle throttle(timer, rate);
      device.on_command([&](Command) { timer.advance(5 * ms); });
      const std::int64_t begin_ns = timer.now_ns();
      const CopyJob job{{{1024, 200}, {1400, 400}}, whole_zone(device, 4)};
      CopyOptions options = options_of(mode, throttle);
      options.transfer_bytes = 1U << 20;
      const CopyReport report = copy_now(device, device, job, options);
      EXPECT_FALSE(report.error);
      const double took_s = static_cast<double>(timer.now_ns() - begin_ns) / 1e9;
      EXPECT_NEAR(600 * 512.0 / took_s, rate, 0.05 * rate);
    }
  }
}

}  // namespace zonecopy::test
