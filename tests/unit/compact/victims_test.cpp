// Which zones a list lets be emptied, and what of a list does not fit the zones.
#include "tools/compact/victims.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/compact/zones.h"

namespace zonecopy::compact {
namespace {

using test::block_bytes;
using test::zones_with;

/// {zone, first block, blocks}, as the lines 1, 2, ...
LiveList list_of(std::initializer_list<std::array<std::uint64_t, 3>> extents) {
  LiveList list;
  for (const auto& [zone, first, blocks] : extents) {
    const std::size_t line = list.extents.size() + 1;
    list.extents.push_back({static_cast<ZoneNumber>(zone), first * block_bytes, blocks * block_bytes, line});
  }
  return list;
}

std::string text_of(const Victims& victims) {
  std::string text;
  for (const Victim& victim : victims.victims) {
    text += fmt::format("{}:{}/{}", victim.zone, victim.live_bytes / block_bytes, victim.size_bytes / block_bytes);
    for (const Extent& extent : victim.extents) {
      text += fmt::format(",{}+{}", extent.offset_bytes / block_bytes, extent.length_bytes / block_bytes);
    }
    text += ';';
  }
  for (const LeftAlone& zone : victims.left_alone) text += fmt::format("{} {};", zone.zone, zone.reason);
  return text;
}

TEST(Victims, are_the_named_zones_with_garbage) {
  const ZoneFiles zones = zones_with({16, 8, 0, 16, 16});
  const auto victims = [&zones](const LiveList& list, const std::set<ZoneNumber>& chosen) {
    const Result<Victims> found = find_victims(list, chosen, zones);
    return found ? text_of(*found) : found.error().to_string();
  };
  EXPECT_EQ(victims(list_of({{0, 4, 2}, {0, 0, 1}}), {}), "0:3/16,0+1,4+2;") << "by offset";
  EXPECT_EQ(victims(list_of({{0, 0, 8}, {0, 8, 8}}), {}), "0 there is no garbage in it;");
  EXPECT_EQ(victims(list_of({{1, 0, 8}}), {}), "1 there is no garbage in it;") << "what is not written is no garbage";
  EXPECT_EQ(victims(list_of({{0, 0, 1}, {0, 1, 1}}), {}), "0:2/16,0+1,1+1;") << "neighbours";
  EXPECT_EQ(victims(list_of({{3, 0, 0}}), {}), "3:0/16;") << "named alone";
  EXPECT_EQ(victims(list_of({{3, 0, 0}, {3, 2, 1}}), {}), "3:1/16,2+1;");
  EXPECT_EQ(victims(list_of({{2, 0, 0}}), {}), "2 it is empty;");
  EXPECT_EQ(victims(list_of({{0, 0, 1}}), {4}), "0:1/16,0+1;4:0/16;") << "chosen, and in no line";
  EXPECT_EQ(victims(list_of({{0, 0, 1}}), {0}), "0:1/16,0+1;");
  EXPECT_EQ(victims(list_of({{0, 0, 16}}), {0}), "0 there is no garbage in it;");
}

TEST(Victims, one_that_ends_within_a_block_is_left_to_who_writes_to_it) {
  ZoneFiles zones = zones_with({16, 8});
  zones.files[1].size_bytes += 100;
  for (const std::set<ZoneNumber>& chosen : {std::set<ZoneNumber>{}, std::set<ZoneNumber>{1}}) {
    const Result<Victims> found = find_victims(list_of({{0, 0, 1}, {1, 0, 1}}), chosen, zones);
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(text_of(*found), "0:1/16,0+1;1 somebody is writing to it: it ends within a block;");
  }
}

TEST(Victims, zones_that_are_not_named_are_none) {
  const Result<Victims> found = find_victims(list_of({{1, 0, 1}}), {}, zones_with({16, 16, 16}));
  ASSERT_TRUE(found);
  EXPECT_EQ(text_of(*found), "1:1/16,0+1;");
}

TEST(Victims, bad_zones) {
  ZoneFiles zones = zones_with({16, 0, 16});
  zones.files[0].writable = false;
  zones.files[1].readable = zones.files[1].writable = false;
  const Result<Victims> found = find_victims(list_of({{0, 0, 1}, {1, 0, 0}, {2, 0, 1}}), {}, zones);
  ASSERT_TRUE(found);
  EXPECT_EQ(text_of(*found), "2:1/16,0+1;0 it is read-only and cannot be reset;1 it is offline;");
  const Result<Victims> chosen = find_victims(list_of({{2, 0, 1}}), {0}, zones);
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code(), EPERM);
}

TEST(Victims, lists_that_do_not_fit_the_zones) {
  struct Row {
    const char* name;
    LiveList list;
    std::set<ZoneNumber> chosen;
    std::string words;
  };
  LiveList unaligned = list_of({{0, 0, 1}});
  unaligned.extents[0].offset_bytes = 512;
  LiveList unaligned_length = list_of({{0, 0, 1}});
  unaligned_length.extents[0].length_bytes = 100;
  LiveList overflow = list_of({{0, 1, 1}});
  overflow.extents[0].length_bytes = ~std::uint64_t{0} - block_bytes + 1;
  LiveList array = list_of({{9, 0, 1}});
  array.array = true;
  const Row rows[] = {
      {"no such file", list_of({{0, 0, 1}, {9, 0, 1}}), {}, "line 2: there is no seq/9; the mount has 3"},
      {"in an array", array, {}, "element 1: there is no seq/9"},
      {"beyond the data",
       list_of({{1, 7, 2}}),
       {},
       "line 1: the extent ends beyond the data of seq/1, which ends at 32768"},
      {"behind the data", list_of({{1, 9, 0}}), {}, "line 1: the extent ends beyond the data"},
      {"64 bits are not enough", overflow, {}, "line 1: the extent ends beyond the data"},
      {"an offset in a block", unaligned, {}, "line 1: 512 is no multiple of the block size, 4096"},
      {"a length of no blocks", unaligned_length, {}, "line 1: 100 is no multiple of the block size, 4096"},
      {"twice", list_of({{0, 0, 1}, {0, 2, 1}, {0, 0, 1}}), {}, "line 3: the extent is the same as the one of line 1"},
      {"overlapping",
       list_of({{0, 2, 2}, {1, 0, 1}, {0, 0, 3}}),
       {},
       "line 3: the extent overlaps with the one of line 1"},
      {"within", list_of({{0, 0, 8}, {0, 2, 1}}), {}, "line 2: the extent overlaps with the one of line 1"},
      {"a victim that is not there", list_of({{0, 0, 1}}), {9}, "--victim seq/9: there is no such zone"},
  };
  for (const Row& row : rows) {
    const Result<Victims> found = find_victims(row.list, row.chosen, zones_with({16, 8, 0}));
    ASSERT_FALSE(found) << row.name;
    EXPECT_EQ(found.error().code(), EINVAL) << row.name;
    EXPECT_NE(found.error().to_string().find(row.words), std::string::npos)
        << row.name << ": " << found.error().to_string();
  }
}

}  // namespace
}  // namespace zonecopy::compact
