// Copies between the devices of one mount, each thing once: refusals, late truncations, and what is told of them.
#include <gtest/gtest.h>

#include "tests/model/concurrency_fixture.h"
#include "tests/support/core/mounted_devices.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::CopyPiece;
using zonefs::CopyRequest;
using zonefs::FileNumber;
using zonefs::GatherAnswer;
using zonefs::GatherRequest;
using zonefs::OpenFile;

class SeveralOnce : public LoopTest {
 protected:
  static constexpr FileNumber seq = 2;  ///< the first sequential file: two conventional ones are in front of it

  static std::vector<SimSpec> two(std::uint32_t second_block_size_bytes = 512) {
    std::vector<SimSpec> specs(2);
    specs[1].block_size_bytes = second_block_size_bytes;
    if (second_block_size_bytes != 512) specs[1].max_append_bytes = specs[1].max_transfer_bytes;
    return specs;
  }
  Result<std::uint64_t> copy(MountedDevices& fs, std::size_t from, std::size_t to, FileNumber source = seq,
                             FileNumber destination = seq) {
    CopyRequest request;
    request.source = source;
    request.source_volume = &fs.files(from).volume();
    request.destination = destination;
    request.length_bytes = 1U << 20;
    return run(fs.files(to).copy_range(request, nullptr));
  }
  GatherAnswer gather(MountedDevices& fs, std::size_t from, std::size_t to, OpenFile& through,
                      std::uint64_t length_bytes) {
    GatherRequest request;
    request.pieces.push_back(CopyPiece{seq, 0, length_bytes, &fs.files(from).volume()});
    request.destination = through.file;
    request.through = &through;
    return run(fs.files(to).gather(std::move(request), nullptr));
  }
  static std::uint64_t size(const MountedDevices& fs, std::size_t device, FileNumber file = seq) {
    return fs.files(device).file(file).size_bytes;
  }
};

TEST_F(SeveralOnce, different_blocks_are_refused_and_told) {
  MountedDevices fs(loop(), two(4096));
  ASSERT_TRUE(fs.mount());
  ASSERT_EQ(fs.write(0, seq, numbered_blocks(1, 8)), 0);
  const std::string reason = "the blocks of sim0 are 512 bytes long and those of sim1 4096 bytes";
  const Result<std::uint64_t> copied = copy(fs, 0, 1);
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code(), EINVAL);
  EXPECT_EQ(fs.files(1).counters().last_fallback, reason);
  EXPECT_TRUE(fs.log().contains(reason));
  EXPECT_EQ(size(fs, 1), 0U);
}

TEST_F(SeveralOnce, a_gather_of_different_blocks_is_told_as_well) {
  for (const bool background : {false, true}) {
    MountedDevices fs(loop(), two(4096));
    ASSERT_TRUE(fs.mount());
    ASSERT_EQ(fs.write(0, seq, numbered_blocks(1, 8)), 0);
    std::unique_ptr<OpenFile> through = fs.open_to_write(1, seq);
    GatherRequest request;
    request.pieces.push_back(CopyPiece{seq, 0, 4096, &fs.files(0).volume()});
    request.destination = seq;
    request.through = through.get();
    request.background = background;
    const GatherAnswer answer = run(fs.files(1).gather(std::move(request), nullptr));
    EXPECT_EQ(answer.code, EINVAL);
    EXPECT_NE(answer.done.not_offloaded_because, "");
    EXPECT_EQ(fs.files(1).counters().last_fallback, answer.done.not_offloaded_because);
    EXPECT_TRUE(fs.log().contains(answer.done.not_offloaded_because));
    fs.release(1, std::move(through));
  }
}

/// A file that O_TRUNC was asked of is empty for whoever looks, from whichever device.
TEST_F(SeveralOnce, a_source_of_another_device_that_is_to_be_truncated_is_empty) {
  MountedDevices fs(loop(), two());
  ASSERT_TRUE(fs.mount());
  ASSERT_EQ(fs.write(0, seq, numbered_blocks(1, 8)), 0);
  std::unique_ptr<OpenFile> owing = fs.open_to_write(0, seq);
  ASSERT_TRUE(fs.files(0).truncate_later(*owing));
  std::unique_ptr<OpenFile> through = fs.open_to_write(1, seq + 1);
  const Result<std::uint64_t> copied = copy(fs, 0, 1);
  ASSERT_TRUE(copied.ok());
  EXPECT_EQ(*copied, 0U);
  EXPECT_EQ(gather(fs, 0, 1, *through, 512).code, EINVAL);
  EXPECT_EQ(size(fs, 0), 8U * 512) << "a source was truncated";
  EXPECT_EQ(size(fs, 1) + size(fs, 1, seq + 1), 0U);
  fs.release(0, std::move(owing));
  fs.release(1, std::move(through));
}

/// Whoever owes a truncation of the destination carries it out first, and the file of the same number on the source's
/// device stays.
TEST_F(SeveralOnce, a_copy_from_another_device_truncates_its_destination_first) {
  MountedDevices fs(loop(), two());
  ASSERT_TRUE(fs.mount());
  ASSERT_EQ(fs.write(0, seq, numbered_blocks(1, 8)), 0);
  ASSERT_EQ(fs.write(1, seq, numbered_blocks(100, 4)), 0);
  std::unique_ptr<OpenFile> owing = fs.open_to_write(1, seq);
  ASSERT_TRUE(fs.files(1).truncate_later(*owing));
  const GatherAnswer answer = gather(fs, 0, 1, *owing, 6ULL * 512);
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(size(fs, 0), 8U * 512);
  EXPECT_EQ(size(fs, 1), 6U * 512);
  EXPECT_EQ(numbers_in(fs.device(1).bytes(fs.files(1).file(seq).start_lba, 6)), (Piece{1, 2, 3, 4, 5, 6}));
  fs.release(1, std::move(owing));
}

/// Where the source fails it is the source's file that is looked after, by the source's errors=; nothing of the
/// destination changes but what was copied.
TEST_F(SeveralOnce, a_source_that_fails_is_the_only_one_that_suffers) {
  for (const zonefs::ErrorsPolicy errors :
       {zonefs::ErrorsPolicy::remount_ro, zonefs::ErrorsPolicy::zone_ro, zonefs::ErrorsPolicy::zone_offline}) {
    MountedDevices fs(loop(), two());
    zonefs::MountOptions options;
    options.errors = errors;
    ASSERT_TRUE(fs.mount(options));
    ASSERT_EQ(fs.write(0, seq, numbered_blocks(1, 8)), 0);
    Fault fault;
    fault.command = Command::read;
    fault.times = 100;
    fault.zone_becomes = ZoneCondition::offline;
    fs.device(0).inject(fault);
    const Result<std::uint64_t> copied = copy(fs, 0, 1);
    ASSERT_FALSE(copied.ok());
    EXPECT_EQ(copied.error().code(), EIO);
    EXPECT_TRUE(fs.files(0).file(seq).immutable());
    EXPECT_EQ(fs.files(0).read_only(), errors == zonefs::ErrorsPolicy::remount_ro);
    EXPECT_FALSE(fs.files(1).read_only());
    EXPECT_FALSE(fs->read_only());
    EXPECT_FALSE(fs.files(1).file(seq).immutable());
    EXPECT_EQ(size(fs, 1), 0U);
    EXPECT_EQ(fs.files(1).health().last_error(), "") << "an error of sim0 counts as one of sim1";
    EXPECT_EQ(fs.write(1, seq, numbered_blocks(1, 2)), 0);
  }
}

/// A copy that the kernel carries out and that ends early is told of as one that was not offloaded.
TEST_F(SeveralOnce, a_reason_is_kept_when_a_later_command_fails) {
  std::vector<SimSpec> specs = two();
  specs[1].copies_across_devices = true;
  specs[1].kernel_copies = true;
  specs[1].copy_limits = CopyLimits{1, 2, 2};
  MountedDevices fs(loop(), std::move(specs));
  ASSERT_TRUE(fs.mount());
  ASSERT_EQ(fs.write(0, seq, numbered_blocks(1, 8)), 0);
  Fault fault;
  fault.command = Command::copy;
  fault.skip = 1;
  fs.device(1).inject(fault);
  const Result<std::uint64_t> copied = copy(fs, 0, 1);
  ASSERT_TRUE(copied.ok());
  EXPECT_EQ(*copied, 2U * 512);
  EXPECT_EQ(fs.files(1).counters().bytes_kernel, 2U * 512);
  EXPECT_EQ(fs.files(1).counters().last_fallback, "the simulated kernel moves the data");
}

}  // namespace zonecopy::test
