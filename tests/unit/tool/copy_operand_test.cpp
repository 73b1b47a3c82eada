// How sources and destinations are written, and which reading wins where names contain ':' or '#'.
#include "tools/zonecopy/copy_operand.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace zonecopy::tools {
namespace {

class Operands : public testing::Test {
 protected:
  Result<CopyOperand> source(const std::string& text) {
    return parse_source(text, [this](const std::string& path) { return paths.count(path) > 0; });
  }
  Result<CopyPlace> destination(const std::string& text) {
    return parse_destination(text, [this](const std::string& path) { return paths.count(path) > 0; });
  }
  std::set<std::string> paths = {"mnt/seq/0", "disk.img", "a:b", "a:0+4K", "a", "odd#7", "odd", "x#y"};
};

TEST_F(Operands, Sources) {
  const std::vector<std::pair<std::string, CopyOperand>> rows = {
      {"mnt/seq/0", {{"mnt/seq/0", {}}, {}, {}}},
      {"mnt/seq/0:64K+1M", {{"mnt/seq/0", {}}, 65536, 1U << 20}},
      {"mnt/seq/0:0+8192", {{"mnt/seq/0", {}}, 0, 8192}},
      {"mnt/seq/0:4KiB+", {{"mnt/seq/0", {}}, 4096, {}}},
      {"mnt/seq/0:4KiB", {{"mnt/seq/0", {}}, 4096, {}}},
      {"disk.img#12", {{"disk.img", 12}, {}, {}}},
      {"disk.img#0:0+4K", {{"disk.img", 0}, 0, 4096}},
      // A device across a network has colons in its name, and '#' only before a zone; nobody is asked whether it exists.
      {"nvme-tcp://[::1]:4420/nqn:a:0+4K", {{"nvme-tcp://[::1]:4420/nqn:a:0+4K", {}}, {}, {}}},
      {"nvme-tcp://h:1/nqn:a?nsid=1#12", {{"nvme-tcp://h:1/nqn:a?nsid=1", 12}, {}, {}}},
      {"nvme-tcp://h:1/nqn:a#0:64K+4K", {{"nvme-tcp://h:1/nqn:a", 0}, 65536, 4096}},
      {"nvme-tcp://h:1/nqn:a#0:64K", {{"nvme-tcp://h:1/nqn:a", 0}, 65536, {}}},
      // What exists as it stands is a path.
      {"a:b", {{"a:b", {}}, {}, {}}},
      {"a:0+4K", {{"a:0+4K", {}}, {}, {}}},
      {"odd#7", {{"odd#7", {}}, {}, {}}},
      {"x#y", {{"x#y", {}}, {}, {}}},
      // Only the last ':' and '#' count.
      {"a:b:0+4K", {{"a:b", {}}, 0, 4096}},
      {"a:0+4K:0+4K", {{"a:0+4K", {}}, 0, 4096}},
      {"odd#7:4K+4K", {{"odd#7", {}}, 4096, 4096}},
      {"odd#7#3", {{"odd#7", 3}, {}, {}}},
      {"x#y#4:8K+", {{"x#y", 4}, 8192, {}}},
      // What does not exist is left to open(2), under the likeliest name.
      {"gone", {{"gone", {}}, {}, {}}},
      {"gone:0+4K", {{"gone", {}}, 0, 4096}},
      {"gone:more", {{"gone:more", {}}, {}, {}}},
      {"gone#3", {{"gone#3", {}}, {}, {}}},
      {"#3", {{"#3", {}}, {}, {}}},
      {":0+4K", {{":0+4K", {}}, {}, {}}},
  };
  for (const auto& [text, expected] : rows) {
    const Result<CopyOperand> operand = source(text);
    ASSERT_TRUE(operand) << text << ": " << operand.error().to_string();
    EXPECT_EQ(*operand, expected) << text;
  }
}

TEST_F(Operands, SourcesThatAreRefused) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"nvme-tcp://h/nqn:a#x", "'x' is no number of a zone"},
      {"nvme-tcp://h/nqn:a#1:x", "'x' is no range"},
      {"nvme-tcp://h/nqn:a#1#2", "'1#2' is no number of a zone"},
      {"", "an empty name"},
      {"mnt/seq/0:", "'' is no range"},
      {"mnt/seq/0:x", "'x' is no range: write OFFSET+LENGTH"},
      {"mnt/seq/0:1+2+3", "'1+2+3' is no range"},
      {"mnt/seq/0:-1+4096", "'-1+4096' is no range"},
      {"mnt/seq/0:0-4096", "'0-4096' is no range"},
      {"mnt/seq/0:+4096", "'+4096' is no range"},
      {"mnt/seq/0:0+4kb", "'0+4kb' is no range"},
      {"mnt/seq/0:0+99999999999999999999", "is no range"},
      {"disk.img#3:0+x", "as in disk.img#3:64KiB+1MiB"},
      {"disk.img#", "'' is no number of a zone"},
      {"disk.img#x", "'x' is no number of a zone: write it as in disk.img#3"},
      {"disk.img#-1", "'-1' is no number of a zone"},
      {"disk.img#4294967296", "is no number of a zone"},
      {"disk.img#3 ", "'3 ' is no number of a zone"},
  };
  for (const auto& [text, words] : rows) {
    const Result<CopyOperand> operand = source(text);
    ASSERT_FALSE(operand) << text;
    EXPECT_EQ(operand.error().code(), EINVAL) << text;
    EXPECT_NE(operand.error().detail().find(words), std::string::npos) << text << ": " << operand.error().detail();
  }
}

TEST_F(Operands, Destinations) {
  EXPECT_EQ(*destination("mnt/seq/0"), (CopyPlace{"mnt/seq/0", {}}));
  EXPECT_EQ(*destination("disk.img#5"), (CopyPlace{"disk.img", 5}));
  EXPECT_EQ(*destination("a:0+4K"), (CopyPlace{"a:0+4K", {}}));
  EXPECT_EQ(*destination("gone"), (CopyPlace{"gone", {}}));
  for (const std::string text : {"", "mnt/seq/0:0+4K", "disk.img#five"}) {
    ASSERT_FALSE(destination(text)) << text;
    EXPECT_EQ(destination(text).error().code(), EINVAL);
  }
  EXPECT_EQ(CopyPlace({"disk.img", 5}).text(), "disk.img#5");
}

}  // namespace
}  // namespace zonecopy::tools
