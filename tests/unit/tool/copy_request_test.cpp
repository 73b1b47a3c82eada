// What is refused before a copy begins, and in which words.
#include "tools/zonecopy/copy_request.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "tests/unit/tool/memory_file.h"

namespace zonecopy::tools {
namespace {

constexpr std::uint64_t block = 4096;
constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

CopyFile zone(const std::string& name, std::uint64_t size_bytes, std::uint64_t capacity_bytes = 16 * block) {
  CopyFile file{std::make_shared<test::MemoryFile>(name, std::vector<std::byte>()), {}, 7};
  file.facts.size_bytes = size_bytes;
  file.facts.capacity_bytes = capacity_bytes;
  file.facts.block_size_bytes = block;
  file.facts.sequential = true;
  return file;
}

/// Two ranges of one source, to a destination that has two blocks already.
struct Situation {
  CopyFile source = zone("source", 8 * block);
  CopyTarget target{zone("target", 2 * block), std::nullopt};
  std::vector<RangeRequest> ranges = {{0, block}, {4 * block, 2 * block}};

  [[nodiscard]] Status check() const {
    std::vector<CopySource> sources;
    for (const RangeRequest& range : ranges) {
      const Result<std::uint64_t> length = range_length(source, range);
      if (!length) return length.error();
      sources.push_back({&source, range, *length});
    }
    return check_request(sources, target);
  }
};

struct Row {
  std::string name;
  std::function<void(Situation&)> change;
  int code;
  std::string words;
};

TEST(CopyRequest, WhatIsRefused) {
  const Row rows[] = {
      {"nothing is wrong", [](Situation&) {}, 0, ""},
      {"the write pointer as the offset", [](Situation& s) { s.target.offset_bytes = 2 * block; }, 0, ""},
      {"all of what fits", [](Situation& s) { s.target.file.facts.size_bytes = 13 * block; }, 0, ""},
      {"to the end of the source",
       [](Situation& s) {
         s.ranges = {{block, {}}};
       },
       0, ""},
      {"a range that ends behind the source", [](Situation& s) { s.ranges[1].length_bytes = 5 * block; }, EINVAL,
       "the length is 20480, but from offset 16384 on there are only 16384 bytes"},
      {"a range behind the source", [](Situation& s) { s.ranges[0].offset_bytes = 8 * block; }, EINVAL,
       "the offset is 32768, but the source ends at 32768"},
      {"64 bits",
       [](Situation& s) {
         s.ranges[1] = {none - 100, none};
       },
       EINVAL, "the source ends at"},
      {"64 bits of length", [](Situation& s) { s.ranges[1].length_bytes = none; }, EINVAL, "there are only"},
      {"a length of 0", [](Situation& s) { s.ranges[1].length_bytes = 0; }, EINVAL, "the length is 0"},
      {"as options call it",
       [](Situation& s) {
         s.ranges = {{0, 0, false, true}};
       },
       EINVAL, "--length is 0"},
      {"as the other option is called",
       [](Situation& s) {
         s.ranges = {{8 * block, {}, true, false}};
       },
       EINVAL, "--source-offset is 32768"},
      {"a source that ends within a block",
       [](Situation& s) {
         s.source.facts.size_bytes = 100, s.ranges = {{0, {}}};
       },
       EINVAL, "the length is 100, which is no multiple"},
      {"an empty source",
       [](Situation& s) {
         s.source.facts.size_bytes = 0, s.ranges = {{0, {}}};
       },
       EINVAL, "the source zone is empty"},
      {"only empty ones",
       [](Situation& s) {
         s.source.facts.size_bytes = 0, s.ranges = {{0, {}}, {0, {}}};
       },
       EINVAL, "all sources are empty"},
      {"a part of a block", [](Situation& s) { s.ranges[1].length_bytes = 100; }, EINVAL, "the length is 100"},
      {"a start within a block", [](Situation& s) { s.ranges[1].offset_bytes = 512; }, EINVAL, "the offset is 512"},
      {"which an ordinary source may have",
       [](Situation& s) { s.source.facts.capacity_bytes = none, s.ranges[1].offset_bytes = 512; }, 0, ""},
      {"a wrong offset", [](Situation& s) { s.target.offset_bytes = 0; }, EINVAL,
       "--destination-offset is 0, but a sequential zone is written at its write pointer, 8192"},
      {"a full zone", [](Situation& s) { s.target.file.facts.size_bytes = 16 * block; }, EFBIG,
       "'truncate -s 0 target' would reset it"},
      {"no room for all", [](Situation& s) { s.target.file.facts.size_bytes = 14 * block; }, EFBIG,
       "12288 bytes do not fit: from offset 57344 on there is room for 8192"},
      {"a conventional zone", [](Situation& s) { s.target.file.facts.sequential = false; }, EINVAL,
       "by --destination-offset"},
      {"a conventional zone at an offset",
       [](Situation& s) { s.target.file.facts.sequential = false, s.target.offset_bytes = 13 * block; }, 0, ""},
      {"behind a conventional zone",
       [](Situation& s) { s.target.file.facts.sequential = false, s.target.offset_bytes = none - block + 1; }, EFBIG,
       "do not fit"},
      {"the same zone", [](Situation& s) { s.target.file = s.source; }, EINVAL, "are the same zone"},
      {"the same zone, at its end", [](Situation& s) { s.target.file = s.source, s.target.offset_bytes = 8 * block; },
       0, ""},
      {"ranges that overlap",
       [](Situation& s) {
         s.source.facts.sequential = false, s.target.file = s.source, s.target.offset_bytes = 3 * block;
       },
       EINVAL, "overlap"},
      {"ranges that touch",
       [](Situation& s) { s.source.facts.sequential = false, s.target.file = s.source, s.target.offset_bytes = block; },
       0, ""},
      {"two mounts", [](Situation& s) { s.source.mount = 8; }, 0, ""},
      {"two mounts, and only offload", [](Situation& s) { s.source.mount = 8, s.source.facts.only_offload = true; },
       EXDEV, "copy=offload"},
      {"an ordinary destination takes anything",
       [](Situation& s) {
         s.target.file.facts.capacity_bytes = none, s.target.file.facts.sequential = false, s.ranges[0] = {1, 3};
       },
       0, ""},
  };
  for (const Row& row : rows) {
    Situation situation;
    row.change(situation);
    const Status status = situation.check();
    EXPECT_EQ(status ? 0 : status.error().code(), row.code) << row.name << (status ? "" : status.error().to_string());
    if (status) continue;
    EXPECT_NE(status.error().to_string().find(row.words), std::string::npos) << row.name << status.error().to_string();
  }
}

TEST(CopyRequest, AZoneThatIsNotMountedIsNotTruncated) {
  Situation situation;
  situation.target.file.facts.size_bytes = 16 * block;
  situation.target.file.mount.reset();
  EXPECT_EQ(situation.check().error().detail(), "the destination zone is full");
}

}  // namespace
}  // namespace zonecopy::tools
