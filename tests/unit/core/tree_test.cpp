// Names, nodes and zones of devices of all shapes.
#include "zonefs/core/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include "tests/support/seed.h"

namespace zonecopy::zonefs {
namespace {

/// One letter a zone: c conventional, s sequential required, p sequential preferred. Zone 0 is the first.
std::vector<ZoneType> zones(const std::string& letters) {
  std::vector<ZoneType> types;
  for (const char letter : letters) {
    types.push_back(letter == 'c'   ? ZoneType::conventional
                    : letter == 's' ? ZoneType::sequential_required
                                    : ZoneType::sequential_preferred);
  }
  return types;
}

/// The listing of a directory as "name/inode ...", directories with a slash more.
std::string list(const Tree& tree, NodeId directory) {
  std::string text;
  for (std::uint64_t position = 0;; ++position) {
    const std::optional<DirectoryEntry> entry = tree.entry(directory, position);
    if (!entry) return text;
    const std::string name = entry->fixed_name.empty() ? std::to_string(entry->number) : std::string(entry->fixed_name);
    text += (text.empty() ? "" : " ") + name + (entry->is_directory ? "/=" : "=") + std::to_string(entry->inode);
  }
}

std::string zones_of_all_files(const Tree& tree) {
  std::string text;
  for (FileNumber file = 0; file < tree.file_count(); ++file) {
    const FileZones file_zones = tree.zones_of(file);
    text += (text.empty() ? "" : " ") + std::string(directory_name(tree.group_of(file))) + ":" +
            std::to_string(file_zones.first_zone) + "+" + std::to_string(file_zones.zone_count);
  }
  return text;
}

int lookup_errno(const Tree& tree, NodeId parent, const std::string& name) {
  const Result<NodeId> found = tree.lookup(parent, name);
  return found ? 0 : found.error().code();
}

constexpr NodeId cnv_node = 2;
constexpr NodeId seq_node = 3;

TEST(Tree, FilesAreFoundByTheirInodes) {
  for (const bool aggregate : {false, true}) {
    for (const char* letters : {"cccss", "sccsc", "ssss", "scccscc", "cs", "c"}) {
      const Tree tree(zones(letters), aggregate);
      std::uint32_t found = 0;
      for (std::uint64_t inode = 0; inode < 12; ++inode) {
        const std::optional<FileNumber> file = tree.file_of_inode(inode);
        if (!file) continue;
        ++found;
        EXPECT_EQ(tree.zones_of(*file).first_zone, inode) << letters;
      }
      EXPECT_EQ(found, tree.file_count()) << letters;
      EXPECT_FALSE(tree.file_of_inode(~0ULL));
      EXPECT_FALSE(tree.file_of_inode(1ULL << 32 | 1));
    }
  }
}

TEST(Tree, BothGroups) {
  const Tree tree(zones("cccss"), false);
  EXPECT_EQ(list(tree, root_node), "./=5 ../=5 cnv/=6 seq/=7");
  EXPECT_EQ(list(tree, cnv_node), "./=6 ../=5 0=1 1=2");
  EXPECT_EQ(list(tree, seq_node), "./=7 ../=5 0=3 1=4");
  EXPECT_EQ(zones_of_all_files(tree), "cnv:1+1 cnv:2+1 seq:3+1 seq:4+1");
  EXPECT_EQ(tree.non_empty_groups(), 2U);
  EXPECT_EQ(tree.file_count(Group::conventional), 2U);
  EXPECT_EQ(tree.first_file(Group::sequential), 2U);
}

TEST(Tree, NoConventionalFiles) {
  for (const char* const letters : {"sss", "css"}) {  // zone 0 alone makes no group
    const Tree tree(zones(letters), false);
    EXPECT_EQ(list(tree, root_node), "./=3 ../=3 seq/=5") << "seq keeps its inode number";
    EXPECT_EQ(list(tree, seq_node), "./=5 ../=3 0=1 1=2");
    EXPECT_EQ(list(tree, cnv_node), "");
    EXPECT_FALSE(tree.node(cnv_node));
    EXPECT_EQ(lookup_errno(tree, root_node, "cnv"), ENOENT);
    EXPECT_EQ(lookup_errno(tree, root_node, "seq"), 0);
    EXPECT_EQ(lookup_errno(tree, cnv_node, "0"), ENOENT);
    EXPECT_EQ(tree.non_empty_groups(), 1U);
  }
}

TEST(Tree, NoSequentialFiles) {
  const Tree tree(zones("scc"), false);
  EXPECT_EQ(list(tree, root_node), "./=3 ../=3 cnv/=4");
  EXPECT_EQ(lookup_errno(tree, root_node, "seq"), ENOENT);
  EXPECT_FALSE(tree.node(seq_node));
}

TEST(Tree, NoFilesAtAll) {
  for (const char* const letters : {"", "s", "c"}) {
    const Tree tree(zones(letters), true);
    EXPECT_EQ(tree.file_count(), 0U);
    EXPECT_EQ(tree.non_empty_groups(), 0U);
    EXPECT_TRUE(tree.node(root_node));
    EXPECT_FALSE(tree.node(4));
    EXPECT_FALSE(tree.entry(root_node, 2));
  }
}

TEST(Tree, AggregatedRuns) {
  const Tree tree(zones("ccccsscscc"), true);
  EXPECT_EQ(zones_of_all_files(tree), "cnv:1+3 cnv:6+1 cnv:8+2 seq:4+1 seq:5+1 seq:7+1");
  EXPECT_EQ(list(tree, cnv_node), "./=11 ../=10 0=1 1=6 2=8");
  EXPECT_EQ(list(tree, seq_node), "./=12 ../=10 0=4 1=5 2=7");
}

TEST(Tree, InterleavedRuns) {
  const Tree tree(zones("scsccpsc"), false);
  EXPECT_EQ(zones_of_all_files(tree), "cnv:1+1 cnv:3+1 cnv:4+1 cnv:7+1 seq:2+1 seq:5+1 seq:6+1");
  const Result<NodeId> found = tree.lookup(seq_node, "1");
  ASSERT_TRUE(found);
  EXPECT_EQ(tree.inode(*found), 5U);
}

TEST(Tree, SequentialZonesAreNeverAggregated) {
  EXPECT_EQ(zones_of_all_files(Tree(zones("sssp"), true)), "seq:1+1 seq:2+1 seq:3+1");
}

TEST(Tree, NamesThatAreNone) {
  const Tree tree(zones("ccsssssssssssss"), false);  // 1 conventional file, 13 sequential ones
  for (const char* const name : {"0", "1", "9", "10", "12"}) EXPECT_EQ(lookup_errno(tree, seq_node, name), 0) << name;
  const std::vector<std::string> none = {"",
                                         "00",
                                         "01",
                                         "+1",
                                         "-1",
                                         "1 ",
                                         " 1",
                                         "1a",
                                         "0x1",
                                         "13",
                                         "cnv",
                                         ".",
                                         "4294967296",
                                         "4294967297",
                                         "1.",
                                         "١",
                                         "18446744073709551",
                                         "9999999999999999",
                                         std::string("1\0", 2)};
  for (const std::string& name : none) {
    EXPECT_EQ(lookup_errno(tree, seq_node, name), name.size() > 16 ? ENAMETOOLONG : ENOENT) << name;
  }
  for (const char* const name : {"CNV", "cnv ", "cn", "0", "seqs", ""}) {
    EXPECT_EQ(lookup_errno(tree, root_node, name), ENOENT) << name;
  }
}

TEST(Tree, LongNames) {
  const Tree tree(zones("ccss"), false);
  for (const NodeId directory : {root_node, cnv_node, seq_node}) {
    EXPECT_EQ(lookup_errno(tree, directory, std::string(16, '1')), ENOENT);
    EXPECT_EQ(lookup_errno(tree, directory, std::string(17, '1')), ENAMETOOLONG);
    EXPECT_EQ(lookup_errno(tree, directory, std::string(17, '0')), ENAMETOOLONG);
    EXPECT_EQ(lookup_errno(tree, directory, std::string(255, 'x')), ENAMETOOLONG);
  }
}

TEST(Tree, ParentsThatAreNoDirectories) {
  const Tree tree(zones("ccss"), false);  // files are nodes 4, 5 and 6
  for (const NodeId file : {4, 5, 6}) {
    EXPECT_EQ(lookup_errno(tree, file, "0"), ENOTDIR);
    EXPECT_FALSE(tree.entry(file, 0));
  }
  for (const NodeId nothing : {NodeId{0}, NodeId{7}, ~NodeId{0}}) {
    EXPECT_FALSE(tree.node(nothing));
    EXPECT_EQ(lookup_errno(tree, nothing, "0"), ENOENT);
    EXPECT_FALSE(tree.entry(nothing, 0));
  }
  EXPECT_FALSE(tree.entry(root_node, 4));
  EXPECT_FALSE(tree.entry(seq_node, ~std::uint64_t{0})) << "positions come from user space";
  EXPECT_FALSE(tree.entry(seq_node, (std::uint64_t{1} << 32) + 2)) << "nor do they wrap around";
}

TEST(Tree, DrawnDevicesAreConsistent) {
  std::mt19937_64 random(test::test_seed());
  for (int round = 0; round < 200; ++round) {
    std::string letters;
    for (std::uint64_t count = 1 + random() % 40; count != 0; --count) letters += "ccsp"[random() % 4];
    const Tree tree(zones(letters), random() % 2 == 0);
    SCOPED_TRACE(letters);
    std::vector<bool> covered(letters.size(), false);
    for (FileNumber file = 0; file < tree.file_count(); ++file) {
      const Group group = tree.group_of(file);
      const NodeId id = tree.id_of(Node{Node::Kind::file, group, file});
      EXPECT_EQ(tree.node(id), (Node{Node::Kind::file, group, file}));
      const std::uint32_t number = file - tree.first_file(group);
      const Result<NodeId> directory = tree.lookup(root_node, directory_name(group));
      ASSERT_TRUE(directory);
      const Result<NodeId> found = tree.lookup(*directory, std::to_string(number));
      ASSERT_TRUE(found);
      EXPECT_EQ(*found, id);
      const std::optional<DirectoryEntry> entry = tree.entry(*directory, number + 2U);
      ASSERT_TRUE(entry);
      EXPECT_EQ(entry->inode, tree.inode(id));
      const FileZones file_zones = tree.zones_of(file);
      EXPECT_EQ(tree.inode(id), file_zones.first_zone);
      for (ZoneIndex zone = file_zones.first_zone; zone < file_zones.first_zone + file_zones.zone_count; ++zone) {
        EXPECT_FALSE(covered.at(zone)) << "zone " << zone << " has two files";
        EXPECT_EQ(letters[zone] == 'c', group == Group::conventional);
        covered[zone] = true;
      }
    }
    EXPECT_FALSE(covered[0]) << "the super block's zone is shown";
    EXPECT_EQ(std::count(covered.begin(), covered.end(), false), 1);
  }
}

TEST(Tree, IdsOfDirectories) {
  const Tree tree(zones("ccss"), false);
  EXPECT_EQ(tree.id_of(Node{}), root_node);
  EXPECT_EQ(tree.id_of(Node{Node::Kind::directory, Group::conventional, 0}), cnv_node);
  EXPECT_EQ(tree.id_of(Node{Node::Kind::directory, Group::sequential, 0}), seq_node);
}

}  // namespace
}  // namespace zonecopy::zonefs
