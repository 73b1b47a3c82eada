// The tree of a mount of several devices, and what is done to all of them: remount, unmount.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>
#include <set>

#include "tests/model/concurrency_fixture.h"
#include "tests/support/core/mounted_devices.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::Attributes;
using zonefs::DirectoryEntry;
using zonefs::NodeId;
using zonefs::PartFile;

class SeveralMount : public LoopTest {
 protected:
  static std::vector<SimSpec> three() {
    std::vector<SimSpec> specs(3);
    specs[1].layout = "SSSS";  // no conventional files
    specs[2].layout = "CSSSSSSSSSSSSS";
    specs[2].block_size_bytes = 4096;
    specs[2].max_append_bytes = specs[2].max_transfer_bytes;
    return specs;
  }
  SeveralMount() : fs_(loop(), three()) { EXPECT_TRUE(fs_.mount()); }

  static std::string name_of(const DirectoryEntry& entry) {
    return entry.fixed_name.empty() ? std::to_string(entry.number) : std::string(entry.fixed_name);
  }
  /// Every node below `directory`, found by name, with its attributes; all of them are different.
  void walk(NodeId directory, std::set<NodeId>& nodes, std::set<std::uint64_t>& inodes) {
    std::uint64_t position = 0;
    for (; const std::optional<DirectoryEntry> entry = fs_->entry(directory, position); ++position) {
      if (position < 2) continue;
      const Result<NodeId> node = fs_->lookup(directory, name_of(*entry));
      ASSERT_TRUE(node.ok()) << name_of(*entry);
      EXPECT_TRUE(nodes.insert(*node).second) << "node " << *node << " twice";
      const Result<Attributes> attributes = fs_->attributes(*node);
      ASSERT_TRUE(attributes.ok());
      EXPECT_TRUE(inodes.insert(attributes->inode).second) << "st_ino " << attributes->inode << " twice";
      EXPECT_EQ(attributes->inode, entry->inode);
      EXPECT_EQ(S_ISDIR(attributes->mode), entry->is_directory);
      const std::optional<PartFile> file = fs_->file(*node);
      EXPECT_EQ(file.has_value(), !entry->is_directory);
      if (file) {
        const std::optional<PartFile> same = fs_->file_of_inode(attributes->inode);
        ASSERT_TRUE(same);
        EXPECT_EQ(same->files, file->files);
        EXPECT_EQ(same->number, file->number);
        EXPECT_EQ(fs_->node_of(*file->files, file->files->node_of(file->number)), *node);
      } else {
        walk(*node, nodes, inodes);
      }
    }
    const Result<Attributes> attributes = fs_->attributes(directory);
    ASSERT_TRUE(attributes.ok());
    const bool of_files = directory != zonefs::root_node && attributes->links == 2;
    EXPECT_EQ(attributes->size_bytes, of_files ? position - 2 : position);
  }

  MountedDevices fs_;
};

TEST_F(SeveralMount, every_node_is_found_and_is_one_of_a_kind) {
  std::set<NodeId> nodes{zonefs::root_node};
  std::set<std::uint64_t> inodes{zonefs::root_node};
  walk(zonefs::root_node, nodes, inodes);
  // Of 8, 4 and 14 zones one each has the super block; 3 folders, and cnv and seq in two, seq alone in the others.
  EXPECT_EQ(nodes.size(), 1U + 7 + 3 + 13 + 3 + 2 + 1 + 1);
  const zonefs::FileSystemUsage usage = fs_->usage();
  EXPECT_EQ(usage.files, nodes.size() - 1);
}

TEST_F(SeveralMount, dot_dot_and_inodes_of_folders_agree) {
  EXPECT_EQ(fs_->entry(zonefs::root_node, 0)->inode, zonefs::root_node);
  for (std::size_t i = 0; i < fs_.count(); ++i) {
    const Result<NodeId> folder = fs_->lookup(zonefs::root_node, "sim" + std::to_string(i));
    ASSERT_TRUE(folder.ok());
    const std::uint64_t inode = fs_->attributes(*folder)->inode;
    EXPECT_EQ(fs_->entry(*folder, 0)->inode, inode);
    EXPECT_EQ(fs_->entry(*folder, 1)->inode, zonefs::root_node);
    const Result<NodeId> group = fs_->lookup(*folder, "seq");
    ASSERT_TRUE(group.ok());
    EXPECT_EQ(fs_->entry(*group, 1)->inode, inode);
  }
  EXPECT_EQ(fs_->lookup(*fs_->lookup(zonefs::root_node, "sim1"), "cnv").error().code(), ENOENT);
}

TEST_F(SeveralMount, what_is_no_node_is_not_found) {
  constexpr NodeId unit = NodeId{1} << zonefs::Mount::part_shift;
  const NodeId none[] = {0,
                         2,
                         4,
                         7,
                         unit - 1,
                         unit,
                         unit + 3 + 8,
                         4 * unit,
                         4 * unit + 1,
                         5 * unit + 4,
                         2 * unit + 2,
                         unit + unit - 1,
                         ~NodeId{0},
                         ~NodeId{0} << zonefs::Mount::part_shift,
                         std::numeric_limits<NodeId>::max() / 2};
  for (const NodeId node : none) {
    SCOPED_TRACE(node);
    EXPECT_FALSE(fs_->file(node)) << "a file";
    EXPECT_FALSE(fs_->entry(node, 0) && fs_->part_node(node) == std::nullopt) << "has entries";
    const Result<Attributes> attributes = fs_->attributes(node);
    if (!fs_->part_node(node)) {
      EXPECT_EQ(attributes.ok() ? 0 : attributes.error().code(), ENOENT);
      EXPECT_EQ(fs_->lookup(node, "seq").error().code(), ENOENT);
      EXPECT_FALSE(fs_->is_ending(node));
    }
  }
  for (const std::uint64_t inode :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, unit, unit + 8, 4 * unit + 1, ~std::uint64_t{0}}) {
    EXPECT_FALSE(fs_->file_of_inode(inode)) << inode;
  }
}

TEST_F(SeveralMount, names_at_the_root) {
  EXPECT_EQ(fs_->lookup(zonefs::root_node, "sim3").error().code(), ENOENT);
  EXPECT_EQ(fs_->lookup(zonefs::root_node, "seq").error().code(), ENOENT);
  EXPECT_EQ(fs_->lookup(zonefs::root_node, "").error().code(), ENOENT);
  EXPECT_EQ(fs_->lookup(zonefs::root_node, std::string(fs_->name_max_bytes(), 'x')).error().code(), ENOENT);
  EXPECT_EQ(fs_->lookup(zonefs::root_node, std::string(fs_->name_max_bytes() + 1, 'x')).error().code(), ENAMETOOLONG);
  EXPECT_FALSE(fs_->entry(zonefs::root_node, 5));
  EXPECT_FALSE(fs_->entry(zonefs::root_node, ~std::uint64_t{0}));
}

/// Sizes of all devices, in the smallest blocks; what is written on one counts once.
TEST_F(SeveralMount, usage_is_the_sum) {
  const zonefs::FileSystemUsage before = fs_->usage();
  EXPECT_EQ(before.block_size_bytes, 512U);
  std::uint64_t blocks = 0;
  for (std::size_t i = 0; i < fs_.count(); ++i) {
    const zonefs::FileSystemUsage one = fs_.files(i).usage();
    blocks += one.blocks * (one.block_size_bytes / 512);
  }
  EXPECT_EQ(before.blocks, blocks);
  ASSERT_EQ(fs_.write(2, 3, std::vector<std::byte>(4096)), 0);
  ASSERT_EQ(fs_.write(1, 0, std::vector<std::byte>(512)), 0);
  EXPECT_EQ(fs_->usage().blocks_free, before.blocks_free - 8 - 1);
}

TEST_F(SeveralMount, changes_of_the_root_are_its_own) {
  zonefs::AttributeChange change;
  change.permissions = 0500;
  change.uid = 42;
  ASSERT_TRUE(fs_->change_root(change));
  EXPECT_EQ(fs_->attributes(zonefs::root_node)->mode & 07777U, 0500U);
  EXPECT_EQ(fs_->attributes(zonefs::root_node)->uid, 42U);
  EXPECT_EQ(fs_->attributes(*fs_->lookup(zonefs::root_node, "sim0"))->mode & 07777U, 0555U);
  change.permissions = 0700;
  EXPECT_EQ(fs_->change_root(change).error().code(), EPERM);
  change = zonefs::AttributeChange();
  change.size_bytes = 0;
  EXPECT_EQ(fs_->change_root(change).error().code(), EISDIR);
}

/// One that cannot be made writable stays read-only; the others do not wait for it.
TEST_F(SeveralMount, remount_makes_writable_what_can_be) {
  ASSERT_TRUE(fs_->remount("ro"));
  EXPECT_TRUE(fs_->read_only());
  fs_.device(1).set_writable(Error(EROFS, "open", "write protected"));
  EXPECT_TRUE(fs_->remount("rw,errors=zone-ro")) << "two of three are writable";
  EXPECT_FALSE(fs_->read_only());
  EXPECT_FALSE(fs_.files(0).read_only());
  EXPECT_TRUE(fs_.files(1).read_only());
  EXPECT_FALSE(fs_.files(2).read_only());
  EXPECT_TRUE(fs_->is_read_only(*fs_->lookup(zonefs::root_node, "sim1")));
  EXPECT_FALSE(fs_->is_read_only(zonefs::root_node));
  EXPECT_EQ(fs_.files(0).options().errors, zonefs::ErrorsPolicy::zone_ro);
  EXPECT_NE(fs_.files(1).health().last_error(), "") << "its status tells nothing";
  EXPECT_EQ(fs_.write(0, 3, std::vector<std::byte>(512)), 0);
  fs_.device(0).set_writable(Error(EROFS, "open"));
  fs_.device(2).set_writable(Error(EROFS, "open"));
  EXPECT_FALSE(fs_->remount("rw")) << "none can be written";
  for (std::size_t i = 0; i < fs_.count(); ++i) fs_.device(i).set_writable(Status());
  EXPECT_TRUE(fs_->remount("rw"));
  EXPECT_FALSE(fs_.files(1).read_only());
}

TEST_F(SeveralMount, a_remount_that_is_wrong_changes_nothing) {
  ASSERT_TRUE(fs_->remount("errors=zone-ro"));
  EXPECT_FALSE(fs_->remount("errors=repair,nonsense=1"));
  for (std::size_t i = 0; i < fs_.count(); ++i) {
    EXPECT_EQ(fs_.files(i).options().errors, zonefs::ErrorsPolicy::zone_ro);
  }
}

/// An error of one device makes that one read-only, and neither the root nor the others.
TEST_F(SeveralMount, read_only_by_error_is_by_device) {
  Fault fault;
  fault.command = Command::write;
  fs_.device(0).inject(fault);
  EXPECT_EQ(fs_.write(0, 3, std::vector<std::byte>(512)), EIO);
  EXPECT_TRUE(fs_.files(0).read_only_by_error());
  EXPECT_FALSE(fs_->read_only());
  EXPECT_FALSE(fs_->read_only_by_error());
  EXPECT_EQ(fs_.write(1, 0, std::vector<std::byte>(512)), 0);
  EXPECT_TRUE(fs_->remount("rw"));
  EXPECT_FALSE(fs_.files(0).read_only());
}

TEST_F(SeveralMount, unmount_flushes_the_others_where_one_fails) {
  Fault fault;
  fault.command = Command::flush;
  fs_.device(1).inject(fault);
  for (std::size_t i = 0; i < fs_.count(); ++i) fs_.device(i).clear_log();
  const Status unmounted = fs_.unmount();
  ASSERT_FALSE(unmounted.ok());
  EXPECT_EQ(unmounted.error().code(), EIO);
  EXPECT_EQ(unmounted.error().device(), "sim1");
  for (std::size_t i = 0; i < fs_.count(); ++i) {
    EXPECT_EQ(fs_.device(i).count(Command::flush), 1U) << "device " << i;
    EXPECT_EQ(fs_.device(i).in_flight(), 0U);
  }
}

}  // namespace zonecopy::test
