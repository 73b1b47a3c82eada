// Lists of live extents: what they may look like, and the one line that says what is wrong with others.
#include "tools/compact/live_list.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace zonecopy::compact {
namespace {

const std::vector<std::string> mount_points = {"/mnt/my zones", "/link/"};

std::string text_of(const LiveList& list) {
  std::string text;
  for (const LiveExtent& extent : list.extents) {
    text += fmt::format("{}:{}+{}@{};", extent.zone, extent.offset_bytes, extent.length_bytes, extent.line);
  }
  return text;
}

struct Row {
  const char* name;
  std::string text;
  std::string expected;  ///< the extents, or words of the error
};

TEST(LiveList, what_is_understood) {
  const Row rows[] = {
      {"a line", "seq/12 8192 4096\n", "12:8192+4096@1;"},
      {"no newline at the end", "seq/12 8192 4096", "12:8192+4096@1;"},
      {"suffixes", "seq/0 1M 64KiB", "0:1048576+65536@1;"},
      {"blanks, empty lines, comments, CR", "\n  seq/1\t0   4K \r\n# live\n\nseq/2 4K 4K\r\n",
       "1:0+4096@2;2:4096+4096@5;"},
      {"a zone alone", "seq/7 0 0", "7:0+0@1;"},
      {"a path below the mount point", "/mnt/my zones/seq/3 0 4K", "3:0+4096@1;"},
      {"below its other name", "/link/seq/3 0 4K", "3:0+4096@1;"},
      {"below, with slashes", "/mnt/my zones//seq/3 0 4K\n./seq/4 0 4K", "3:0+4096@1;4:0+4096@2;"},
      {"JSON lines",
       R"({"file":"seq/1","offset":0,"length":4096})"
       "\n"
       R"({"length":8192,"more":[1],"file":"/link/seq/2","offset":4096})",
       "1:0+4096@1;2:4096+8192@2;"},
      {"both",
       R"({"file":"seq/1","offset":0,"length":4096})"
       "\nseq/2 0 4K",
       "1:0+4096@1;2:0+4096@2;"},
      {"an array",
       "\n[{\"file\":\"seq/1\",\n\"offset\":0,\"length\":4096},{\"file\":\"seq/2\",\"offset\":0,\"length\":0}]\n",
       "1:0+4096@1;2:0+0@2;"},
      {"the greatest zone", "seq/4294967295 0 0", "4294967295:0+0@1;"},
  };
  for (const Row& row : rows) {
    const Result<LiveList> list = parse_live_list(row.text, "a list", mount_points);
    ASSERT_TRUE(list) << row.name << ": " << list.error().to_string();
    EXPECT_EQ(text_of(*list), row.expected) << row.name;
  }
}

TEST(LiveList, what_is_refused) {
  const std::string nested(100000, '[');
  const Row rows[] = {
      {"nothing", "", "empty"},
      {"comments only", "# nothing\n\n", "empty"},
      {"an empty array", "[]", "empty"},
      {"two words", "seq/1 0 4K\nseq/1 0", "line 2: a line is FILE OFFSET LENGTH"},
      {"one word", "seq/1", "line 1: a line is"},
      {"no size", "seq/1 0 4KB", "line 1: the length: '4KB' is no size"},
      {"negative", "seq/1 -1 4096", "line 1: the offset: '-1' is no size"},
      {"too large", "seq/1 0 99999999999999999999", "line 1: the length: '99999999999999999999' is too large"},
      {"another path", "/other/seq/1 0 4K", "line 1: '/other/seq/1' is not below the mount point, /mnt/my zones"},
      {"a path that only begins so", "/mnt/my zonesandmore/seq/1 0 4K", "is not below the mount point"},
      {"a conventional zone", "cnv/0 0 4K", "line 1: 'cnv/0' is a conventional zone"},
      {"another name", "seq/1x 0 4K", "line 1: 'seq/1x' names no zone file"},
      {"another spelling", "seq/01 0 4K", "'seq/01' names no zone file"},
      {"a number that is too great", "seq/4294967296 0 4K", "names no zone file"},
      {"a folder", "seq/ 0 4K", "names no zone file"},
      {"a way around", "seq/../seq/1 0 4K", "names no zone file"},
      {"a word before", "live seq/1 0 4K", "'live seq/1' names no zone file"},
      {"bytes", std::string("\0\xff\x01 0 0", 7), "line 1: "},
      {"JSON without an end", "{\"file\":\"seq/1\"", "line 1: this is no JSON object"},
      {"JSON without a member", R"({"file":"seq/1","offset":0})", "line 1: an extent is an object"},
      {"a negative number", R"({"file":"seq/1","offset":-1,"length":4096})", "line 1: an extent is an object"},
      {"a fraction", R"({"file":"seq/1","offset":0.5,"length":4096})", "line 1: an extent is an object"},
      {"a number as text", R"({"file":"seq/1","offset":"0","length":4096})", "line 1: an extent is an object"},
      {"an array without an end", "\n[{\"file\":\"seq/1\",\n\"offset\":0",
       "line 3: it begins with [ but is no JSON array"},
      {"an array of something else", "[1]", "element 1: an extent is an object"},
      {"the second element", R"([{"file":"seq/1","offset":0,"length":0},{"file":"x","offset":0,"length":0}])",
       "element 2: 'x' names no zone file"},
      {"a member twice",
       "# live\n"
       R"({"file":"seq/1","offset":0,"length":4096,"length":0})",
       "line 2: the member 'length' is there twice"},
      {"a member twice, in an array",
       R"([{"file":"seq/1","offset":0,"length":0},{"file":"seq/2","file":"seq/1","offset":0,"length":0}])",
       "element 2: the member 'file' is there twice"},
      {"deep", nested, "line 1: it begins with [ but is no JSON array"},
      {"a long name is cut", std::string(5000, 'x') + " 0 0", "xxx'... names no zone file"},
  };
  for (const Row& row : rows) {
    const Result<LiveList> list = parse_live_list(row.text, "a list", mount_points);
    ASSERT_FALSE(list) << row.name;
    EXPECT_EQ(list.error().code(), EINVAL) << row.name;
    EXPECT_NE(list.error().to_string().find(row.expected), std::string::npos)
        << row.name << ": " << list.error().to_string();
    EXPECT_LT(list.error().to_string().size(), 300U) << row.name;
    EXPECT_EQ(list.error().device(), "a list") << row.name;
  }
}

TEST(LiveList, names_of_zones) {
  EXPECT_EQ(*parse_zone_name("seq/3", mount_points), 3U);
  EXPECT_EQ(*parse_zone_name("/mnt/my zones/seq/3", mount_points), 3U);
  EXPECT_FALSE(parse_zone_name("3", mount_points));
  EXPECT_FALSE(parse_zone_name("", mount_points));
}

}  // namespace
}  // namespace zonecopy::compact
