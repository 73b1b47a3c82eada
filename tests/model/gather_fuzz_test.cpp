// Requests of any bytes: none makes the file system crash, none that is malformed changes a zone, and what an answer says
// is what has happened. ZONECOPY_SEED runs one seed again, ZONECOPY_OPERATIONS more requests.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "tests/support/core/mounted_file_system.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/random.h"
#include "zonefs/core/gather_wire.h"

namespace zonecopy::test {

using zonefs::FileNumber;
using zonefs::GatherAnswer;
using zonefs::OpenFile;

namespace {

constexpr std::uint64_t block = 512;
constexpr FileNumber first_sequential = 2;
constexpr ZoneIndex zones = 8;

/// Numbers at which something ends, and any others.
std::uint64_t draw_number(Random& random) {
  constexpr std::uint64_t ends[] = {0,          1,          block,      8 * block,        24 * block, 32 * block,
                                    1ULL << 31, 1ULL << 32, 1ULL << 63, (1ULL << 63) - 1, ~0ULL};
  switch (random.below(4)) {
    case 0: return random.next();
    case 1: return random.below(24) * block;
    case 2: return random.below(24 * block);
    default: return ends[random.below(std::size(ends))] - random.below(2);
  }
}

/// Mostly a request as programs send them, of which some fields are wrong.
void draw_request(Random& random, zonecopy_gather_request& wire) {
  std::memset(&wire, 0, sizeof wire);
  wire.version = ZONECOPY_GATHER_VERSION;
  wire.count = static_cast<std::uint32_t>(random.between(1, 6));
  wire.flags = static_cast<std::uint32_t>(random.below(8));
  if ((wire.flags & ZONECOPY_GATHER_AT_OFFSET) != 0) wire.offset_bytes = draw_number(random);
  for (zonecopy_gather_range& range : std::span(wire.ranges).first(wire.count)) {
    range.inode = random.between(1, zones - 1);
    range.offset_bytes = random.percent(90) ? random.below(20) * block : draw_number(random);
    range.length_bytes = random.percent(90) ? random.below(4) * block : draw_number(random);
  }
  if (random.percent(60)) return;
  auto* bytes = reinterpret_cast<unsigned char*>(&wire);
  const std::uint64_t head_bytes = offsetof(zonecopy_gather_request, ranges) + 4 * sizeof(zonecopy_gather_range);
  for (std::uint64_t left = random.between(1, 8); left > 0; --left) {
    const std::uint64_t reach = random.percent(80) ? head_bytes : sizeof wire;
    bytes[random.below(reach)] = static_cast<unsigned char>(random.next());
  }
  if (random.percent(10)) wire.count = static_cast<std::uint32_t>(random.next());
  if (random.percent(10)) wire.count = ZONECOPY_GATHER_RANGES_MAX;
}

}  // namespace

class GatherFuzz : public LoopTest {
 protected:
  static SimSpec spec(Random& random) {
    SimSpec spec;
    spec.seed = random.next();
    if (random.percent(70)) spec.copy_limits = CopyLimits{3, 6, 9};
    return spec;
  }
  [[nodiscard]] static std::vector<std::uint64_t> write_pointers(const MountedFileSystem& fs) {
    std::vector<std::uint64_t> blocks;
    for (ZoneIndex zone = 0; zone < zones; ++zone) blocks.push_back(fs.device().written_blocks(zone));
    return blocks;
  }
  [[nodiscard]] static std::vector<std::byte> all_bytes(const MountedFileSystem& fs) {
    return fs.device().bytes(0, zones * 32);
  }

  /// Sends one request, and holds the answer against the device.
  void send(MountedFileSystem& fs, zonecopy_gather_request& wire, OpenFile& through) {
    const std::vector<std::uint64_t> before = write_pointers(fs);
    const std::vector<std::byte> contents = all_bytes(fs);
    std::size_t failed = 0;
    const auto find = [&](std::uint64_t inode) -> std::optional<zonefs::CopyPiece> {
      const std::optional<zonefs::FileNumber> file = fs->tree().file_of_inode(inode);
      if (!file) return std::nullopt;
      return zonefs::CopyPiece{*file, 0, 0};
    };
    Result<zonefs::GatherRequest> request = zonefs::parse_gather(wire, through.file, find, &failed);
    if (!request) {
      EXPECT_TRUE(request.error().code() == EINVAL || request.error().code() == ENOENT);
      return;
    }
    request->through = &through;
    const std::uint64_t size = fs->attributes(MountedFileSystem::node_of(through.file))->size_bytes;
    const GatherAnswer answer = loop().run(fs->gather(std::move(*request), nullptr));
    zonefs::put_answer(answer, wire);
    EXPECT_LE(wire.failed_range, wire.count);
    EXPECT_EQ(wire.error == 0, wire.failed_range == wire.count);
    EXPECT_EQ(wire.bytes_copied, wire.bytes_offloaded + wire.bytes_kernel + wire.bytes_emulated);
    EXPECT_EQ(std::memchr(wire.not_offloaded_because, 0, sizeof wire.not_offloaded_because) != nullptr, true);
    if (wire.bytes_copied == 0) {
      EXPECT_EQ(all_bytes(fs), contents) << "errno " << wire.error << " has changed a zone";
      EXPECT_EQ(write_pointers(fs), before);
    } else if (through.file >= first_sequential) {
      EXPECT_EQ(wire.offset_bytes, size);
      EXPECT_EQ(fs->attributes(MountedFileSystem::node_of(through.file))->size_bytes, size + wire.bytes_copied);
    }
  }
};

TEST_F(GatherFuzz, no_request_does_harm) {
  const std::uint64_t requests = operations(400);
  for (const std::uint64_t seed : seeds(1, 8)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    Random random(seed);
    MountedFileSystem fs(loop(), spec(random));
    for (ZoneIndex zone = first_sequential + 1; zone + 2 < zones; ++zone) {
      const std::vector<std::byte> data(random.below(25) * block, static_cast<std::byte>(zone));
      fs.device().preload(fs.device().info().zone_start(zone), data);
    }
    ASSERT_TRUE(fs.mount().ok());
    auto wire = std::make_unique<zonecopy_gather_request>();
    for (std::uint64_t i = 0; i < requests && !HasFailure(); ++i) {
      const auto file = static_cast<FileNumber>(random.below(zones - 1));
      std::unique_ptr<OpenFile> through = fs.open_to_write(file);
      ASSERT_NE(through, nullptr);
      draw_request(random, *wire);
      SCOPED_TRACE("request " + std::to_string(i) + " to file " + std::to_string(file));
      send(fs, *wire, *through);
      if (random.percent(10)) {
        EXPECT_EQ(fs.truncate(file, 0, through.get(), 1), 0);
      }
      fs.release(std::move(through));
    }
    EXPECT_TRUE(fs.unmount().ok());
  }
}

}  // namespace zonecopy::test
