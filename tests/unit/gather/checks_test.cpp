// What is refused before anything is touched, and in which words.
#include "src/gather/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace zonecopy::gather {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

/// A file of which only the name and the identity count.
class NamedFile final : public OpenFile {
 public:
  explicit NamedFile(std::string name) : name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool same_as(const GatherFile& other) const override { return name_ == other.name(); }
  Result<std::size_t> read(std::uint64_t, std::span<std::byte>) override { return Error(EIO, "read"); }
  Status sync() override { return {}; }
  [[nodiscard]] Home home() const override { return {}; }
  Result<FileFacts> all_facts() override { return FileFacts(); }
  Status check_source() override { return {}; }
  Status check_destination() override { return {}; }
  Written write(std::uint64_t, std::span<const std::byte>) override { return {}; }

 private:
  std::string name_;
};

std::shared_ptr<NamedFile> named(const std::string& name) { return std::make_shared<NamedFile>(name); }

FileFacts zone_facts(std::uint64_t size_bytes, std::uint64_t capacity_bytes) {
  FileFacts facts;
  facts.size_bytes = size_bytes;
  facts.capacity_bytes = capacity_bytes;
  facts.block_size_bytes = 4;
  facts.sequential = true;
  return facts;
}

int code(const Status& status) { return status ? 0 : status.error().code(); }
template <typename T>
std::string text(const Result<T>& result) {
  return result ? "success" : result.error().to_string();
}

TEST(GatherChecks, ARangeIsWithinItsFile) {
  const auto file = named("victim");
  const FileFacts facts = zone_facts(100, 200);
  EXPECT_EQ(code(check_range(0, {file, 0, 100}, facts)), 0);
  EXPECT_EQ(code(check_range(0, {file, 100, 0}, facts)), 0);
  for (const auto& [offset, length] : {std::pair<std::uint64_t, std::uint64_t>{0, 101},
                                       {100, 1},
                                       {101, 0},
                                       {1, no_limit},
                                       {no_limit, 1},
                                       {no_limit, no_limit}}) {
    const Status refused = check_range(7, {file, offset, length}, facts);
    EXPECT_EQ(code(refused), EINVAL) << offset << "+" << length;
    EXPECT_THAT(text(refused), testing::AllOf(testing::HasSubstr("range 7"), testing::HasSubstr("victim")));
  }
}

TEST(GatherChecks, TheLengthsHaveASum) {
  const auto file = named("victim");
  const std::vector<GatherRange> fine = {{file, 0, 10}, {file, 0, no_limit - 10}};
  EXPECT_EQ(total_length(fine).value(), no_limit);
  const std::vector<GatherRange> too_long = {{file, 0, 10}, {file, 0, no_limit - 9}};
  EXPECT_THAT(text(total_length(too_long)), testing::HasSubstr("range 1"));
}

TEST(GatherChecks, ASequentialFileIsWrittenAtItsEnd) {
  const auto zone = named("fresh");
  EXPECT_EQ(place_in(*zone, zone_facts(8, 100), std::nullopt, 92).value(), 8U);
  EXPECT_EQ(place_in(*zone, zone_facts(8, 100), 8, 1).value(), 8U);
  for (const std::uint64_t wrong : {0ULL, 7ULL, 9ULL, 100ULL}) {
    EXPECT_THAT(text(place_in(*zone, zone_facts(8, 100), wrong, 1)), testing::HasSubstr("Invalid argument"));
  }
  EXPECT_THAT(text(place_in(*zone, zone_facts(8, 100), std::nullopt, 93)),
              testing::AllOf(testing::HasSubstr("File too large"), testing::HasSubstr("fresh")));
  EXPECT_THAT(text(place_in(*zone, zone_facts(100, 100), std::nullopt, 1)), testing::HasSubstr("the zone is full"));
  EXPECT_EQ(place_in(*zone, zone_facts(100, 100), std::nullopt, 0).value(), 100U) << "nothing always fits";
}

TEST(GatherChecks, AConventionalZoneNeedsAnOffset) {
  const auto zone = named("conventional");
  FileFacts facts = zone_facts(100, 100);
  facts.sequential = false;
  EXPECT_THAT(text(place_in(*zone, facts, std::nullopt, 1)), testing::HasSubstr("no write pointer"));
  EXPECT_EQ(place_in(*zone, facts, 40, 60).value(), 40U);
  EXPECT_THAT(text(place_in(*zone, facts, 40, 61)), testing::HasSubstr("room for 60"));
  EXPECT_THAT(text(place_in(*zone, facts, no_limit, 1)), testing::HasSubstr("room for 0"));
}

TEST(GatherChecks, AnOrdinaryFileGrows) {
  const auto file = named("file");
  FileFacts facts = zone_facts(100, no_limit);
  facts.sequential = false;
  EXPECT_EQ(place_in(*file, facts, std::nullopt, 1).value(), 100U);
  EXPECT_EQ(place_in(*file, facts, 5, 1).value(), 5U);
  EXPECT_FALSE(place_in(*file, facts, no_limit - 1, 2));
}

TEST(GatherChecks, WholeBlocksWhereTheyHaveToBe) {
  const auto zone = named("fresh");
  FileFacts facts = zone_facts(8, 100);
  facts.whole_blocks = true;
  EXPECT_TRUE(place_in(*zone, facts, std::nullopt, 12));
  EXPECT_THAT(text(place_in(*zone, facts, std::nullopt, 13)), testing::HasSubstr("whole blocks of 4 bytes"));
  facts.sequential = false;
  EXPECT_THAT(text(place_in(*zone, facts, 6, 4)), testing::HasSubstr("whole blocks of 4 bytes"));
}

TEST(GatherChecks, ARangeDoesNotOverlapWithWhatIsWritten) {
  const auto file = named("file");
  const auto same = named("file");
  const auto other = named("other");
  struct Case {
    std::uint64_t range_offset, range_length, offset, total;
    bool apart;
  };
  for (const Case& each : {Case{0, 10, 10, 10, true}, Case{0, 11, 10, 10, false}, Case{20, 5, 10, 10, true},
                           Case{19, 5, 10, 10, false}, Case{12, 2, 10, 10, false}, Case{5, 30, 10, 10, false},
                           Case{12, 0, 10, 10, true}, Case{5, 30, 10, 0, true}, Case{10, 10, 10, 10, false}}) {
    const GatherRange range{file, each.range_offset, each.range_length};
    EXPECT_EQ(check_apart(3, range, *same, each.offset, each.total).ok(), each.apart)
        << each.range_offset << "+" << each.range_length << " and " << each.offset << "+" << each.total;
    EXPECT_TRUE(check_apart(3, range, *other, each.offset, each.total));
  }
  EXPECT_THAT(text(check_apart(3, {file, 0, 9}, *same, 0, 9)), testing::HasSubstr("range 3 overlaps"));
}

TEST(GatherChecks, NoDestinationIsNamedTwice) {
  const std::vector<GatherDestination> different = {{named("a"), {}}, {named("b"), {}}, {named("c"), {}}};
  EXPECT_TRUE(check_different(different));
  const std::vector<GatherDestination> twice = {{named("a"), {}}, {named("b"), 5}, {named("b"), 9}};
  EXPECT_THAT(text(check_different(twice)), testing::HasSubstr("destinations 1 and 2 are the same file"));
}

}  // namespace
}  // namespace zonecopy::gather
