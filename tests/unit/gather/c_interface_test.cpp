// The C interface: what it makes of wrong calls, sizes of structures, and stops.
#include "zonecopy/zonecopy.h"

#include <cstddef>
#include <cstring>

#include "tests/unit/gather/gather_fixture.h"

namespace zonecopy::test {
namespace {

class GatherFromC : public GatherTest {
 protected:
  void SetUp() override {
    GatherTest::SetUp();
    ASSERT_EQ(zonecopy_gatherer_new(&c_, &error_), 0) << error_.text;
    make_file("from", content_);
    make_file("to", "head");
    ASSERT_EQ(zonecopy_open_file(c_, path("from").c_str(), ZONECOPY_READ, &from_, &error_), 0) << error_.text;
    ASSERT_EQ(zonecopy_open_file(c_, path("to").c_str(), ZONECOPY_WRITE, &to_, &error_), 0) << error_.text;
  }
  void TearDown() override {
    zonecopy_close(from_);
    zonecopy_close(to_);
    zonecopy_gatherer_free(c_);
    GatherTest::TearDown();
  }

  int gather_c(const std::vector<zonecopy_range>& ranges, std::vector<zonecopy_destination> destinations,
               const zonecopy_options* options = nullptr) {
    results_.assign(destinations.size(), ZONECOPY_RESULT);
    range_bytes_.assign(ranges.size(), 99);
    if (!results_.empty()) results_.front().range_bytes = range_bytes_.data();
    return zonecopy_gather(c_, ranges.data(), ranges.size(), destinations.data(), destinations.size(), options,
                           results_.data(), &error_);
  }

  zonecopy_range range(std::uint64_t offset, std::uint64_t length) { return ZONECOPY_RANGE(from_, offset, length); }
  zonecopy_destination destination() { return ZONECOPY_DESTINATION(to_); }

  const std::string content_ = bytes(100'000, 1);
  zonecopy_error error_ = ZONECOPY_ERROR;
  zonecopy_gatherer* c_ = nullptr;
  zonecopy_file* from_ = nullptr;
  zonecopy_file* to_ = nullptr;
  std::vector<zonecopy_result> results_;
  std::vector<std::uint64_t> range_bytes_;
};

TEST_F(GatherFromC, GathersAndReports) {
  EXPECT_STREQ(zonecopy_version(), ZONECOPY_VERSION);
  EXPECT_EQ(gather_c({range(5, 4000), range(0, 0), range(50'000, 10)}, {destination()}), 0) << error_.text;
  const zonecopy_result& result = results_.front();
  EXPECT_EQ(result.error, 0);
  EXPECT_EQ(result.offset_bytes, 4U);
  EXPECT_EQ(result.bytes, 4010U);
  EXPECT_EQ(result.bytes_kernel, 4010U);
  EXPECT_EQ(result.failed_range, 3U);
  EXPECT_EQ(result.ways, ZONECOPY_WAY_COPY_FILE_RANGE);
  EXPECT_STREQ(result.error_text, "");
  EXPECT_STRNE(result.not_offloaded_because, "");
  EXPECT_EQ(range_bytes_, (std::vector<std::uint64_t>{4000, 0, 10}));
  EXPECT_EQ(error_.code, 0);
  zonecopy_facts facts = ZONECOPY_FACTS;
  ASSERT_EQ(zonecopy_get_facts(to_, &facts, &error_), 0);
  EXPECT_EQ(facts.size_bytes, 4014U);
  EXPECT_EQ(facts.capacity_bytes, UINT64_MAX);
  EXPECT_EQ(facts.sequential, 0U);
  std::string held(5000, '?');
  EXPECT_EQ(zonecopy_read(to_, 0, held.data(), held.size(), &error_), 4014);
  EXPECT_EQ(held.substr(0, 4014), "head" + content_.substr(5, 4000) + content_.substr(50'000, 10));
  EXPECT_EQ(zonecopy_sync(to_, &error_), 0);
}

TEST_F(GatherFromC, ResultsAndErrorsMayBeLeftOut) {
  const zonecopy_range one = range(0, 10);
  const zonecopy_destination to = destination();
  EXPECT_EQ(zonecopy_gather(c_, &one, 1, &to, 1, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(zonecopy_gather(c_, nullptr, 0, &to, 1, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(zonecopy_gather(c_, &one, 1, nullptr, 0, nullptr, nullptr, nullptr), -EINVAL);
  zonecopy_close(nullptr);
  zonecopy_gatherer_free(nullptr);
}

TEST_F(GatherFromC, ARefusalIsInEveryResult) {
  zonecopy_destination twice = destination();
  EXPECT_EQ(gather_c({range(0, 10)}, {twice, twice}), -EINVAL);
  EXPECT_EQ(error_.code, -EINVAL);
  EXPECT_STRNE(error_.text, "");
  for (const zonecopy_result& result : results_) {
    EXPECT_EQ(result.error, -EINVAL);
    EXPECT_EQ(result.bytes, 0U);
    EXPECT_EQ(result.failed_range, 0U);
    EXPECT_STREQ(result.error_text, error_.text);
  }
  EXPECT_EQ(range_bytes_, std::vector<std::uint64_t>{0});
}

TEST_F(GatherFromC, WrongCallsAreEinval) {
  zonecopy_range range_one = range(0, 10);
  zonecopy_destination to = destination();
  zonecopy_options options = ZONECOPY_OPTIONS;
  const auto call = [&] { return gather_c({range_one}, {to}, &options); };
  EXPECT_EQ(call(), 0) << error_.text;
  const auto wrong = [&](auto& member, auto value) {
    const auto before = member;
    member = value;
    EXPECT_EQ(call(), -EINVAL);
    EXPECT_STRNE(error_.text, "");
    member = before;
  };
  wrong(range_one.struct_size, 0U);
  wrong(range_one.struct_size, static_cast<std::uint32_t>(sizeof range_one - 1));
  wrong(range_one.struct_size, static_cast<std::uint32_t>(sizeof range_one + 1));
  wrong(range_one.reserved, 1U);
  wrong(range_one.file, nullptr);
  wrong(to.struct_size, 8U);
  wrong(to.reserved, 1U);
  wrong(to.file, nullptr);
  wrong(options.struct_size, 8U);
  wrong(options.reserved, 1U);
  wrong(options.mode, 3U);
  EXPECT_EQ(zonecopy_gatherer_new(nullptr, &error_), -EINVAL);
  EXPECT_EQ(zonecopy_gather(nullptr, nullptr, 0, nullptr, 0, nullptr, nullptr, &error_), -EINVAL);
  zonecopy_file* file = to_;
  EXPECT_EQ(zonecopy_open_file(c_, path("from").c_str(), 2, &file, &error_), -EINVAL);
  EXPECT_EQ(file, nullptr);
  EXPECT_EQ(zonecopy_open_file(c_, nullptr, ZONECOPY_READ, &file, &error_), -EINVAL);
  EXPECT_EQ(zonecopy_open_file(c_, path("none").c_str(), ZONECOPY_READ, &file, &error_), -ENOENT);
  EXPECT_EQ(zonecopy_use_descriptor(c_, -1, &file, &error_), -EBADF);
  EXPECT_EQ(zonecopy_open_zone(c_, path("none").c_str(), 0, ZONECOPY_READ, &file, &error_), -ENOENT);
  EXPECT_EQ(zonecopy_read(from_, 0, nullptr, 1, &error_), -EINVAL);
  EXPECT_EQ(zonecopy_sync(nullptr, &error_), -EINVAL);
  zonecopy_facts facts{};
  EXPECT_EQ(zonecopy_get_facts(from_, &facts, &error_), -EINVAL) << "its size is not set";
}

TEST_F(GatherFromC, LongerStructuresOfALaterVersion) {
  struct LaterRange {
    zonecopy_range now;
    std::uint64_t later;
  };
  const auto size = static_cast<std::uint32_t>(sizeof(LaterRange));
  const LaterRange ranges[] = {{{size, 0, from_, 3, 5}, 77}, {{size, 0, from_, 0, 1}, 77}};
  const zonecopy_destination to = destination();
  ASSERT_EQ(zonecopy_gather(c_, &ranges[0].now, 2, &to, 1, nullptr, nullptr, &error_), 0) << error_.text;
  std::string held(20, '?');
  EXPECT_EQ(zonecopy_read(to_, 0, held.data(), held.size(), &error_), 10);
  EXPECT_EQ(held.substr(0, 10), "head" + content_.substr(3, 5) + content_.substr(0, 1));
}

TEST_F(GatherFromC, AStopIsForOneGather) {
  zonecopy_stop(c_);
  EXPECT_EQ(gather_c({range(0, 10)}, {destination()}), -EINTR);
  EXPECT_EQ(results_.front().error, -EINTR);
  EXPECT_EQ(gather_c({range(0, 10)}, {destination()}), 0) << error_.text;
  zonecopy_options options = ZONECOPY_OPTIONS;
  options.bytes_per_second = 1'000'000;
  options.context = c_;
  options.progress = [](void* context, std::uint64_t, std::uint64_t) {
    zonecopy_stop(static_cast<zonecopy_gatherer*>(context));
  };
  EXPECT_EQ(gather_c({range(0, 50'000), range(0, 50'000)}, {destination()}, &options), -EINTR);
  EXPECT_GT(results_.front().bytes, 0U);
  EXPECT_EQ(results_.front().failed_range, 0U);
  EXPECT_EQ(results_.front().bytes, range_bytes_[0] + range_bytes_[1]);
}

TEST_F(GatherFromC, NoExceptionComesOut) {
  zonecopy_options options = ZONECOPY_OPTIONS;
  options.progress = [](void*, std::uint64_t, std::uint64_t) { throw std::bad_alloc(); };
  EXPECT_EQ(gather_c({range(0, 10)}, {destination()}, &options), -ENOMEM);
  options.progress = [](void*, std::uint64_t, std::uint64_t) { throw std::runtime_error("something else"); };
  EXPECT_EQ(gather_c({range(0, 10)}, {destination()}, &options), -EIO);
  EXPECT_NE(std::string(error_.text).find("something else"), std::string::npos);
  options.progress = [](void*, std::uint64_t, std::uint64_t) { throw 5; };
  EXPECT_EQ(gather_c({range(0, 10)}, {destination()}, &options), -EIO);
}

TEST_F(GatherFromC, PlansWithoutTouching) {
  const zonecopy_range one = range(0, 10);
  const zonecopy_destination to = destination();
  zonecopy_plan plan = ZONECOPY_PLAN;
  EXPECT_EQ(zonecopy_plan_gather(c_, &one, 1, &to, nullptr, &plan, &error_), 0) << error_.text;
  EXPECT_EQ(plan.commands, 0U);
  EXPECT_STRNE(plan.not_offloaded_because, "");
  const zonecopy_range behind = range(100'000, 1);
  EXPECT_EQ(zonecopy_plan_gather(c_, &behind, 1, &to, nullptr, &plan, &error_), -EINVAL);
  EXPECT_EQ(std::filesystem::file_size(path("to")), 4U);
}

// Where each member is: these numbers are the interface of the library that programs were built with.
TEST(GatherAbi, LayoutsStay) {
  if (sizeof(void*) != 8) GTEST_SKIP() << "of programs of 64 bits";
  EXPECT_EQ(sizeof(zonecopy_error), 520U);
  EXPECT_EQ(offsetof(zonecopy_error, text), 8U);
  EXPECT_EQ(sizeof(zonecopy_facts), 40U);
  EXPECT_EQ(offsetof(zonecopy_facts, only_offload), 32U);
  EXPECT_EQ(sizeof(zonecopy_range), 32U);
  EXPECT_EQ(offsetof(zonecopy_range, length_bytes), 24U);
  EXPECT_EQ(sizeof(zonecopy_destination), 24U);
  EXPECT_EQ(sizeof(zonecopy_options), 40U);
  EXPECT_EQ(offsetof(zonecopy_options, progress), 24U);
  EXPECT_EQ(sizeof(zonecopy_result), 848U);
  EXPECT_EQ(offsetof(zonecopy_result, range_bytes), 72U);
  EXPECT_EQ(offsetof(zonecopy_result, not_offloaded_because), 80U);
  EXPECT_EQ(offsetof(zonecopy_result, error_text), 336U);
  EXPECT_EQ(sizeof(zonecopy_plan), 344U);
}

}  // namespace
}  // namespace zonecopy::test
