// How a copy divides into whole blocks and loose bytes.
#include "zonefs/core/copy_steps.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace zonecopy::zonefs {
namespace {

constexpr std::uint64_t block = 512;

DeviceInfo device() {
  DeviceInfo info;
  info.block_size_bytes = block;
  info.zone_size_blocks = 32;
  return info;
}

/// Two files of 24 blocks; the second has ten of them on its zone and 100 bytes behind them in memory.
ZoneFiles two_files(const DeviceInfo& info) {
  ZoneFile full;
  full.capacity_bytes = full.size_bytes = 24 * block;
  full.start_lba = 32;
  ZoneFile with_tail = full;
  with_tail.size_bytes = 10 * block;
  with_tail.start_lba = 64;
  return ZoneFiles(info, {full, with_tail});
}

/// "blocks@0: 0:1+2 1:0+1 | bytes@3: …", in bytes.
std::string text(const std::vector<CopyStep>& steps) {
  std::string all;
  for (const CopyStep& step : steps) {
    all += fmt::format("{}{}@{}:", all.empty() ? "" : " | ", step.whole_blocks ? "blocks" : "bytes",
                       step.destination_offset_bytes);
    for (const CopyPiece& piece : step.pieces) {
      all += fmt::format(" {}:{}+{}", piece.source, piece.offset_bytes, piece.length_bytes);
    }
  }
  return all;
}

TEST(CopySteps, Table) {
  const struct {
    const char* what;
    std::vector<CopyPiece> pieces;
    std::uint64_t offset_bytes;
    const char* steps;
  } cases[] = {
      {"nothing", {}, 0, ""},
      {"empty pieces", {{0, 0, 0}, {1, 512, 0}}, 0, ""},
      {"whole blocks are one step",
       {{0, 0, 512}, {1, 1024, 1024}, {0, 512, 512}},
       512,
       "blocks@512: 0:0+512 1:1024+1024 0:512+512"},
      {"a tail", {{0, 0, 700}}, 0, "blocks@0: 0:0+512 | bytes@512: 0:512+188"},
      {"a head", {{0, 100, 924}}, 100, "bytes@100: 0:100+412 | blocks@512: 0:512+512"},
      {"a head that is all", {{0, 100, 200}}, 100, "bytes@100: 0:100+200"},
      {"blocks that do not match", {{0, 100, 2048}}, 0, "bytes@0: 0:100+2048"},
      {"what follows an odd piece does not match either",
       {{0, 0, 100}, {0, 512, 1024}},
       0,
       "bytes@0: 0:0+100 0:512+1024"},
      {"until one does again",
       {{0, 0, 100}, {0, 0, 412}, {1, 0, 512}},
       0,
       "bytes@0: 0:0+100 0:0+412 | blocks@512: 1:0+512"},
      {"what is in memory only", {{1, 9 * 512, 612}}, 0, "blocks@0: 1:4608+512 | bytes@512: 1:5120+100"},
      {"blocks between loose bytes",
       {{0, 400, 624}, {1, 0, 512}, {0, 0, 10}},
       400,
       "bytes@400: 0:400+112 | blocks@512: 0:512+512 1:0+512 | bytes@1536: 0:0+10"},
  };
  const DeviceInfo info = device();
  const ZoneFiles files = two_files(info);
  for (const auto& [what, pieces, offset_bytes, steps] : cases) {
    EXPECT_EQ(text(copy_steps(files, pieces, offset_bytes)), steps) << what;
  }
}

TEST(CopySteps, PiecesAreCutAnywhere) {
  const std::vector<CopyPiece> pieces{{0, 10, 5}, {1, 20, 0}, {1, 30, 7}};
  for (std::uint64_t bytes = 0; bytes <= 13; ++bytes) {
    const std::vector<CopyPiece> front = take_bytes(pieces, bytes);
    const std::vector<CopyPiece> rest = skip_bytes(pieces, bytes);
    EXPECT_EQ(total_bytes(front), std::min<std::uint64_t>(bytes, 12));
    EXPECT_EQ(total_bytes(front) + total_bytes(rest), 12U);
  }
  EXPECT_EQ(skip_bytes(pieces, 6), (std::vector<CopyPiece>{{1, 31, 6}}));
  EXPECT_EQ(take_bytes(pieces, 6), (std::vector<CopyPiece>{{0, 10, 5}, {1, 30, 1}}));
}

}  // namespace
}  // namespace zonecopy::zonefs
