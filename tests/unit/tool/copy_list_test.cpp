// Lists of sources: the same entries however they are cut into reads, and a line number in every error.
#include "tools/zonecopy/copy_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zonecopy::tools {
namespace {

using Entries = std::vector<std::string>;

struct Cut {
  Entries entries;
  Status status;
};

/// Cuts `text`, given in pieces of `piece_bytes`. Entries that begin with '!' are refused.
Cut cut(std::string_view text, bool null_separated = false, std::size_t piece_bytes = 1U << 20) {
  Cut result;
  ListCutter cutter(null_separated, [&result](std::string_view entry) {
    if (entry.front() == '!') return Status(Error(ENOENT, "open").on_device(entry).at_zone(7));
    result.entries.emplace_back(entry);
    return Status();
  });
  while (!text.empty() && result.status) {
    result.status = cutter.add(text.substr(0, piece_bytes));
    text.remove_prefix(std::min(piece_bytes, text.size()));
  }
  if (result.status) result.status = cutter.finish();
  return result;
}

TEST(CopyList, Lines) {
  EXPECT_EQ(cut("").entries, Entries());
  EXPECT_EQ(cut("\n\n# nothing\n").entries, Entries());
  EXPECT_EQ(cut("a\nb").entries, (Entries{"a", "b"}));
  EXPECT_EQ(cut("# comment\na:0+4K\n\n b \nc#3\n").entries, (Entries{"a:0+4K", " b ", "c#3"}));
}

TEST(CopyList, Nulls) {
  using namespace std::string_view_literals;
  EXPECT_EQ(cut("a\0#b\0c\nd\0"sv, true).entries, (Entries{"a", "#b", "c\nd"}));
  EXPECT_EQ(cut("a"sv, true).entries, (Entries{"a"}));
}

TEST(CopyList, HoweverItIsRead) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "mnt/seq/" + std::to_string(i * i) + (i % 7 == 0 ? "\n#\n" : "\n");
  const Cut whole = cut(text);
  EXPECT_EQ(whole.entries.size(), 1000U);
  for (const std::size_t piece_bytes : {1U, 2U, 7U, 4096U})
    EXPECT_EQ(cut(text, false, piece_bytes).entries, whole.entries);
}

TEST(CopyList, ErrorsSayWhere) {
  const Cut refused = cut("# one\n\na\n!b\nc\n");
  ASSERT_FALSE(refused.status);
  EXPECT_EQ(refused.status.error().to_string(), "open on !b, zone 7: No such file or directory: line 4 of the list");
  EXPECT_EQ(refused.entries, (Entries{"a"}));
}

TEST(CopyList, WhatIsNoList) {
  using namespace std::string_view_literals;
  const Cut nulls = cut("a\0b\0"sv);
  ASSERT_FALSE(nulls.status);
  EXPECT_NE(nulls.status.error().detail().find("line 1 of the list: it contains a NUL"), std::string::npos);
  const Cut endless = cut(std::string(1U << 20, 'x'), false, 1024);
  ASSERT_FALSE(endless.status);
  EXPECT_NE(endless.status.error().detail().find("longer than 16384 bytes"), std::string::npos);
  EXPECT_FALSE(cut(std::string(1U << 20, '\n') + std::string(20000, 'x'), true).status);
}

}  // namespace
}  // namespace zonecopy::tools
