// The names of the folders of several devices.
#include <gtest/gtest.h>

#include "zonefs/core/mount.h"

namespace zonecopy::zonefs {
namespace {

using Words = std::vector<std::string>;

Words names_for(const Words& labels, const Words& given = {}) {
  std::vector<SuperBlock> super_blocks(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) super_blocks[i].label = labels[i];
  return part_names(given, super_blocks);
}

TEST(PartNames, LabelsElseNumbers) {
  const struct {
    Words labels;
    Words names;
    const char* why;
  } rows[] = {
      {{"", ""}, {"0", "1"}, "no labels"},
      {{"hot", "cold"}, {"hot", "cold"}, "labels"},
      {{"hot", ""}, {"hot", "1"}, "one of each"},
      {{"", "hot", ""}, {"0", "hot", "2"}, "the number is the place in the order"},
      {{"hot", "hot", "cold"}, {"0", "1", "cold"}, "nobody gets a label that two have"},
      {{"1", ""}, {"0", "1"}, "a label that is a number could be another's place"},
      {{"a/b", "a:b", ".", ".."}, {"0", "1", "2", "3"}, "no name of a folder"},
      {{"a\"b", "it's"}, {"0", "it's"}, "a quote would break lists of options"},
      {{"a\nb", "zone files"}, {"0", "zone files"}, "control characters would break lists"},
      {{std::string(64, 'x'), "y"}, {std::string(64, 'x'), "y"}, "as long as a label may be"},
  };
  for (const auto& row : rows) EXPECT_EQ(names_for(row.labels), row.names) << row.why;
  EXPECT_EQ(names_for({"hot", "cold"}, {"a", "b"}), (Words{"a", "b"})) << "names= goes before labels";
}

}  // namespace
}  // namespace zonecopy::zonefs
