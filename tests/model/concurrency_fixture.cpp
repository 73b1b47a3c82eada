#include "tests/model/concurrency_fixture.h"

#include <map>

namespace zonecopy::test {

void expect_concatenation(const MountedFileSystem& mounted, zonefs::FileNumber file, const Ledger& ledger) {
  const zonefs::ZoneFile& zone_file = mounted->file(file);
  const ZoneIndex zone = mounted.device().info().zone_of(zone_file.start_lba);
  ASSERT_EQ(zone_file.size_bytes, mounted.device().written_blocks(zone) * block_bytes)
      << "size is not the write pointer";
  std::map<std::uint64_t, const Piece*> by_first_block;
  std::uint64_t acknowledged = 0;
  for (const Piece& piece : ledger) {
    if (piece.empty()) continue;
    by_first_block[piece.front()] = &piece;
    acknowledged += piece.size();
  }
  ASSERT_EQ(acknowledged * block_bytes, zone_file.size_bytes);
  const auto bytes = mounted.device().bytes(zone_file.start_lba, acknowledged);
  const Piece content = numbers_in(bytes);
  for (std::size_t at = 0; at < content.size();) {
    const auto found = by_first_block.find(content[at]);
    ASSERT_NE(found, by_first_block.end()) << "block " << at << " of file " << file << " belongs to no piece";
    for (const std::uint64_t number : *found->second) ASSERT_EQ(content[at++], number) << "a piece was torn apart";
    by_first_block.erase(found);
  }
  EXPECT_TRUE(by_first_block.empty());
}

}  // namespace zonecopy::test
