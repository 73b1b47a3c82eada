// Which clones can be carried out.
#include "tools/supervise/clone_plan.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>

namespace zonecopy::supervise {
namespace {

constexpr std::uint64_t block = 4096;
constexpr std::uint64_t capacity = 16 * block;

struct Situation {
  CloneFile source;
  bool source_is_empty = false;
  CloneDestination destination;
  CloneRange range;

  Situation() {
    source.device_number = destination.device_number = 5;
    source.inode = 10;
    destination.inode = 11;
    source.size_bytes = 8 * block;
    destination.capacity_bytes = capacity;
    destination.block_size_bytes = block;
  }
  [[nodiscard]] ClonePlan plan() const { return plan_clone(source, source_is_empty, destination, range); }
};

struct Row {
  std::string name;
  std::function<void(Situation&)> change;
  int code;
};

TEST(ClonePlan, what_is_refused) {
  const Row rows[] = {
      {"nothing is wrong", [](Situation&) {}, 0},
      {"another file system", [](Situation& s) { s.source.device_number = 6; }, EXDEV},
      {"another file system, whatever else is wrong",
       [](Situation& s) { s.source.device_number = 6, s.source.size_bytes = 5, s.destination.appends = true; }, EXDEV},
      {"a directory", [](Situation& s) { s.source.is_directory = true, s.source.is_regular = false; }, EISDIR},
      {"no regular file", [](Situation& s) { s.source.is_regular = false; }, EINVAL},
      {"a source that is not open for reading", [](Situation& s) { s.source.readable = false; }, EBADF},
      {"a destination that is not open for writing", [](Situation& s) { s.destination.writable = false; }, EBADF},
      {"O_APPEND", [](Situation& s) { s.destination.appends = true; }, EBADF},
      {"a source with O_APPEND", [](Situation& s) { s.source.appends = true; }, 0},
      {"a read-only mount", [](Situation& s) { s.destination.read_only = true; }, EROFS},
      {"a source that ends inside a block", [](Situation& s) { s.source.size_bytes = block + 1; }, EINVAL},
      {"a length of no whole blocks", [](Situation& s) { s.range.length_bytes = block + 512; }, EINVAL},
      {"a source offset inside a block", [](Situation& s) { s.range.source_offset_bytes = 512; }, EINVAL},
      {"a destination offset inside a block",
       [](Situation& s) { s.range.destination_offset_bytes = s.destination.size_bytes = 512; }, EINVAL},
      {"more than the source has", [](Situation& s) { s.range.length_bytes = 9 * block; }, EINVAL},
      {"more than 64 bits have",
       [](Situation& s) {
         s.range = {block, ~0ULL - block + 1, 0};
       },
       EINVAL},
      {"behind the source", [](Situation& s) { s.range.source_offset_bytes = 9 * block; }, EINVAL},
      {"at the source's end", [](Situation& s) { s.range.source_offset_bytes = 8 * block; }, 0},
      {"not at the write pointer", [](Situation& s) { s.destination.size_bytes = block; }, EINVAL},
      {"at the write pointer",
       [](Situation& s) { s.destination.size_bytes = s.range.destination_offset_bytes = block; }, 0},
      {"a gap behind the write pointer", [](Situation& s) { s.range.destination_offset_bytes = block; }, EINVAL},
      {"a full zone", [](Situation& s) { s.destination.size_bytes = capacity; }, EINVAL},
      {"data that is to be truncated",
       [](Situation& s) { s.destination.size_bytes = capacity, s.destination.truncation_owed = true; }, 0},
      {"behind data that is to be truncated",
       [](Situation& s) {
         s.destination.size_bytes = s.range.destination_offset_bytes = block, s.destination.truncation_owed = true;
       },
       EINVAL},
      {"larger than the zone", [](Situation& s) { s.source.size_bytes = capacity + block; }, ENOSPC},
      {"larger than what is left of it",
       [](Situation& s) { s.destination.size_bytes = s.range.destination_offset_bytes = 9 * block; }, ENOSPC},
      {"as large as the zone", [](Situation& s) { s.source.size_bytes = capacity; }, 0},
      {"behind the capacity",
       [](Situation& s) { s.destination.sequential = false, s.range.destination_offset_bytes = capacity + block; },
       ENOSPC},
      {"anywhere in a conventional zone",
       [](Situation& s) {
         s.destination.sequential = false, s.destination.size_bytes = capacity;
         s.range.destination_offset_bytes = 2 * block;
       },
       0},
      {"the zone itself, behind its end",
       [](Situation& s) {
         s.source.inode = 11, s.destination.size_bytes = s.range.destination_offset_bytes = 8 * block;
       },
       0},
      {"the zone itself, which is to be truncated",
       [](Situation& s) {
         s.source.inode = 11, s.destination.size_bytes = 8 * block, s.destination.truncation_owed = true;
       },
       EINVAL},
      {"overlapping parts of a conventional zone",
       [](Situation& s) {
         s.source.inode = 11, s.destination.sequential = false;
         s.source.size_bytes = s.destination.size_bytes = capacity, s.range = {0, 4 * block, 3 * block};
       },
       EINVAL},
      {"parts that touch",
       [](Situation& s) {
         s.source.inode = 11, s.destination.sequential = false;
         s.source.size_bytes = s.destination.size_bytes = capacity, s.range = {0, 4 * block, 4 * block};
       },
       0},
      {"an empty source", [](Situation& s) { s.source.size_bytes = 0; }, 0},
      {"an empty file of another file system",
       [](Situation& s) { s.source.size_bytes = 0, s.source_is_empty = true, s.source.device_number = 6; }, EXDEV},
      {"an empty file of another file system, onto what is to be truncated",
       [](Situation& s) {
         s.source.size_bytes = 0, s.source_is_empty = true, s.source.device_number = 6;
         s.destination.truncation_owed = true;
       },
       0},
      {"a file that only looks empty, as those of /proc",
       [](Situation& s) { s.source.size_bytes = 0, s.source.device_number = 6, s.destination.truncation_owed = true; },
       EXDEV},
  };
  for (const Row& row : rows) {
    Situation situation;
    row.change(situation);
    EXPECT_EQ(situation.plan().code, row.code) << row.name;
  }
}

TEST(ClonePlan, a_length_of_0_is_up_to_the_end) {
  Situation situation;
  situation.range.source_offset_bytes = 3 * block;
  EXPECT_EQ(situation.plan().range.length_bytes, 5 * block);
  situation.range.length_bytes = block;
  EXPECT_EQ(situation.plan().range.length_bytes, block);
}

TEST(ClonePlan, what_is_truncated_and_what_can_be_undone) {
  Situation situation;
  EXPECT_FALSE(situation.plan().truncates);
  EXPECT_TRUE(situation.plan().can_undo) << "empty before";
  situation.destination.size_bytes = situation.range.destination_offset_bytes = block;
  EXPECT_FALSE(situation.plan().can_undo) << "data before";
  situation.range.destination_offset_bytes = 0;
  situation.destination.truncation_owed = true;
  EXPECT_TRUE(situation.plan().truncates);
  EXPECT_TRUE(situation.plan().can_undo);
  situation.destination = Situation().destination;
  situation.destination.sequential = false;
  EXPECT_FALSE(situation.plan().can_undo) << "a conventional zone";
}

}  // namespace
}  // namespace zonecopy::supervise
