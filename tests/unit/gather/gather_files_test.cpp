// Gathers between ordinary files, and between files and zones that are not mounted.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "tests/unit/gather/gather_fixture.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy::test {
namespace {

class GatherFiles : public GatherTest {
 protected:
  /// A file of another file system: in memory.
  File in_memory(const std::string& content) {
    const FileDescriptor file(memfd_create("zonecopy", MFD_CLOEXEC));
    EXPECT_EQ(write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
    return must(gatherer_->use_descriptor(file.get()));
  }
};

TEST_F(GatherFiles, ByCopyFileRange) {
  const std::string content = bytes(100'000, 1);
  const File from = make_file("from", content);
  const File to = make_file("to", "head", Access::write);
  const GatherReport report = gather_to(to, {{from, 5, 4000}, {from, 50'000, 50'000}, {from, 0, 1}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(report.offset_bytes, 4U);
  EXPECT_EQ(report.bytes, 54'001U);
  EXPECT_EQ(report.bytes_kernel, 54'001U);
  EXPECT_EQ(report.commands, 0U);
  EXPECT_EQ(report.ways, std::vector{GatherWay::copy_file_range});
  EXPECT_NE(report.not_offloaded_because, "");
  expect_content(to, "head" + content.substr(5, 4000) + content.substr(50'000) + content.substr(0, 1));
}

TEST_F(GatherFiles, BetweenFileSystems) {
  const std::string content = bytes(3'000'000, 1);
  const File from = in_memory(content);
  const File to = make_file("to", "", Access::write);
  const GatherReport report = gather_to(to, {{from, 1, 2'500'000}, {from, 0, 7}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(report.bytes_kernel + report.bytes_emulated, 2'500'007U);
  expect_content(to, content.substr(1, 2'500'000) + content.substr(0, 7));
}

TEST_F(GatherFiles, IntoTheMiddleOfAFile) {
  const File from = make_file("from", "abcdef");
  const File to = make_file("to", "----------", Access::write);
  ASSERT_TRUE(gather({{from, 4, 2}, {from, 0, 1}}, {{to, 3}}));
  expect_content(to, "---efa----");
}

TEST_F(GatherFiles, WhatCopyFileRangeRefusesIsReadAndWritten) {
  // It refuses a destination with O_APPEND, on every file system.
  const std::string content = bytes(3'000'000, 1);
  const File from = make_file("from", content);
  make_file("to", "head");
  const FileDescriptor appending(open(path("to").c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  const File to = must(gatherer_->use_descriptor(appending.get()));
  EXPECT_EQ(code_of(gather({{from, 0, 2}}, {{to, 1}})), EINVAL)
      << "whatever the offset, it would be written at the end";
  expect_content(to, "head");
  const GatherReport report = gather_to(to, {{from, 1, 2'999'000}, {from, 0, 0}, {from, 3, 3}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  EXPECT_EQ(report.bytes_emulated, 2'999'003U);
  EXPECT_EQ(report.bytes_kernel, 0U);
  EXPECT_EQ(report.ways, std::vector{GatherWay::read_write});
  EXPECT_NE(report.not_offloaded_because.find("copy_file_range"), std::string::npos);
  expect_content(to, "head" + content.substr(1, 2'999'000) + content.substr(3, 3));
}

TEST_F(GatherFiles, ReadAndWrittenWhereThatIsAskedFor) {
  const std::string content = bytes(3'000'000, 1);
  const File from = make_file("from", content);
  const File to = make_file("to", "x", Access::write);
  GatherOptions options;
  options.mode = CopyMode::emulate;
  const GatherReport report = gather_to(to, {{from, 1, 2'000'000}, {from, 0, 1'500'000}}, options);
  EXPECT_EQ(report.bytes_emulated, 3'500'000U);
  EXPECT_EQ(report.ways, std::vector{GatherWay::read_write});
  expect_content(to, "x" + content.substr(1, 2'000'000) + content.substr(0, 1'500'000));
}

TEST_F(GatherFiles, NothingOffloadsBetweenOrdinaryFiles) {
  const File from = make_file("from", "abc");
  const File to = make_file("to", "", Access::write);
  GatherOptions options;
  options.mode = CopyMode::offload;
  const auto refused = gather({{from, 0, 3}}, {{to, {}}}, options);
  EXPECT_EQ(code_of(refused), EIO);
  EXPECT_NE(text_of(refused).find("not on a mount of zonecopyfs"), std::string::npos) << text_of(refused);
  expect_content(to, "");
}

TEST_F(GatherFiles, DescriptorsStayTheCallers) {
  make_file("from", "abc");
  const FileDescriptor descriptor(open(path("from").c_str(), O_RDONLY | O_CLOEXEC));
  File from = must(gatherer_->use_descriptor(descriptor.get()));
  EXPECT_EQ(from->name(), path("from"));
  const File to = make_file("to", "", Access::write);
  EXPECT_EQ(gather_to(to, {{from, 0, 3}}).bytes, 3U);
  from.reset();
  char byte = 0;
  EXPECT_EQ(read(descriptor.get(), &byte, 1), 1) << "open, and its offset is as it was";
  EXPECT_EQ(byte, 'a');
  EXPECT_EQ(code_of(gatherer_->use_descriptor(-1)), EBADF);
}

TEST_F(GatherFiles, ADirectDescriptorReadsAndWritesAnyBytes) {
  const std::string content = bytes(3 * block, 1);
  make_file("from", content);
  make_file("to", "");
  const FileDescriptor direct_from(open(path("from").c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
  const FileDescriptor direct_to(open(path("to").c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
  if (!direct_from || !direct_to) GTEST_SKIP() << "no direct I/O here";
  const File from = must(gatherer_->use_descriptor(direct_from.get()));
  const File to = must(gatherer_->use_descriptor(direct_to.get()));
  GatherOptions options;
  options.mode = CopyMode::emulate;
  EXPECT_EQ(gather_to(to, {{from, 7, 5000}, {from, 0, 1}}, options).bytes, 5001U);
  expect_content(to, content.substr(7, 5000) + content.substr(0, 1));
}

TEST_F(GatherFiles, OpenedTheWrongWay) {
  make_file("from", "abc");
  const FileDescriptor write_only(open(path("from").c_str(), O_WRONLY | O_CLOEXEC));
  const File unreadable = must(gatherer_->use_descriptor(write_only.get()));
  const File to = make_file("to", "", Access::write);
  EXPECT_EQ(code_of(gather({{unreadable, 0, 1}}, {{to, {}}})), EBADF);
  EXPECT_EQ(code_of(gather({{to, 0, 0}}, {{make_file("third", ""), {}}})), EBADF);
}

TEST_F(GatherFiles, WhatIsNoFileIsNotOpened) {
  EXPECT_EQ(code_of(gatherer_->open_file(path("none"), Access::read)), ENOENT);
  EXPECT_EQ(code_of(gatherer_->open_file(path("none"), Access::write)), ENOENT);
  EXPECT_FALSE(std::filesystem::exists(path("none")));
  EXPECT_EQ(code_of(gatherer_->open_file(path(""), Access::read)), EISDIR);
  EXPECT_EQ(code_of(gatherer_->open_file("/dev/null", Access::write)), EINVAL);
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of(gatherer_->open_file(path("pipe"), Access::read)), EINVAL);
  const std::string image = make_image("disk.img");
  EXPECT_EQ(code_of(gatherer_->open_file(image, Access::write)), EINVAL) << "an image is not overwritten like a file";
}

TEST_F(GatherFiles, ARangeOfTheDestinationItself) {
  const File file = make_file("file", "abcdef", Access::write);
  EXPECT_EQ(code_of(gather({{file, 0, 4}}, {{file, 2}})), EINVAL);
  expect_content(file, "abcdef");
  const File again = must(gatherer_->open_file(path("file"), Access::read));
  ASSERT_TRUE(gather({{again, 0, 2}, {file, 4, 2}}, {{file, std::nullopt}}));
  expect_content(file, "abcdefabef");
}

TEST_F(GatherFiles, MirrorsGetOneRead) {
  const std::string content = bytes(2'500'000, 1);
  const File from = make_file("from", content);
  const File one = make_file("one", "1", Access::write);
  const File two = in_memory("22");
  const auto reports = gather({{from, 3, 2'400'000}, {from, 0, 3}}, {{one, {}}, {two, {}}});
  ASSERT_TRUE(reports) << text_of(reports);
  for (const GatherReport& report : *reports) {
    EXPECT_EQ(report.ways, std::vector{GatherWay::read_write});
    EXPECT_EQ(report.bytes_emulated, 2'400'003U);
  }
  expect_content(one, "1" + content.substr(3, 2'400'000) + content.substr(0, 3));
  expect_content(two, "22" + content.substr(3, 2'400'000) + content.substr(0, 3));
}

TEST_F(GatherFiles, AMirrorThatCannotGrowLeavesTheOthersWhole) {
  constexpr std::uint64_t limit = 3'000'000;
  const std::string content = bytes(2'500'000, 1);
  const File from = make_file("from", content);
  const File small = make_file("small", bytes(1'000'001, 2), Access::write);
  const File large = make_file("large", "", Access::write);
  // The limit counts for this process: a file that is longer before reaches it, and the other does not.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit lower{limit, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &lower), 0);
  const auto reports = gather({{from, 0, 1'000'000}, {from, 1'000'000, 1'500'000}}, {{small, {}}, {large, {}}});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  ASSERT_TRUE(reports) << text_of(reports);
  const GatherReport& failed = reports->front();
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code(), EFBIG);
  EXPECT_EQ(failed.bytes, limit - 1'000'001);
  EXPECT_EQ(failed.failed_range, std::size_t{1});
  EXPECT_EQ(content_of(small).substr(1'000'001), content.substr(0, failed.bytes)) << "what is counted is there";
  EXPECT_FALSE((*reports)[1].error);
  expect_content(large, content);
}

TEST_F(GatherFiles, ASourceThatBecomesShorterEndsItThere) {
  const std::string content = bytes(200'000, 1);
  const File from = make_file("from", content);
  const File one = make_file("one", "", Access::write);
  const File two = make_file("two", "", Access::write);
  GatherOptions options;
  options.bytes_per_second = 1'000'000;
  options.progress = [&](const GatherProgress&) { std::filesystem::resize_file(path("from"), 150'000); };
  const GatherReport report = gather_to(one, {{from, 0, 140'000}, {from, 140'000, 60'000}}, options);
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), EIO);
  EXPECT_EQ(report.bytes, 150'000U);
  EXPECT_EQ(report.failed_range, std::size_t{1});
  expect_content(one, content.substr(0, 150'000));
  std::filesystem::resize_file(path("from"), 200'000);
  const auto reports = gather({{from, 0, 200'000}}, {{one, {}}, {two, {}}}, options);
  ASSERT_TRUE(reports);
  for (const GatherReport& each : *reports) {
    EXPECT_EQ(each.error ? each.error->code() : 0, EIO);
    EXPECT_LE(each.bytes, 150'000U);
    EXPECT_EQ(each.bytes, reports->front().bytes);
  }
}

TEST_F(GatherFiles, AZoneGetsTheWholeBlocksOfASourceThatBecomesShorter) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(40 * block, 1);
  const File from = make_file("from", content);
  const File to = zone(image, 1, Access::write);
  GatherOptions options;
  options.bytes_per_second = 400 * block;  // a step is of 8 blocks
  options.progress = [&](const GatherProgress&) { std::filesystem::resize_file(path("from"), 26 * block + 100); };
  const GatherReport report = gather_to(to, {{from, 0, 40 * block}}, options);
  ASSERT_TRUE(report.error);
  EXPECT_NE(report.error->to_string().find("shorter"), std::string::npos) << report.error->to_string();
  EXPECT_EQ(report.bytes, 26 * block);
  expect_content(to, content.substr(0, 26 * block));
}

TEST_F(GatherFiles, FromFilesToZonesAndBack) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(10 * block, 1);
  const File from = make_file("from", content);
  const File to = zone(image, 1, Access::write);
  EXPECT_EQ(gather_to(to, {{from, 10, 1000}, {from, 0, block - 1000}, {from, block, 2 * block}}).bytes, 3 * block);
  const std::string expected =
      content.substr(10, 1000) + content.substr(0, block - 1000) + content.substr(block, 2 * block);
  expect_content(to, expected);
  const File back = make_file("back", "", Access::write);
  const GatherReport report = gather_to(back, {{to, 5, 5000}, {from, 0, 9}, {to, 0, 1}});
  EXPECT_EQ(report.bytes, 5010U);
  expect_content(back, expected.substr(5, 5000) + content.substr(0, 9) + expected.substr(0, 1));
}

TEST_F(GatherFiles, AZoneBesideAFileThatEndsWithinABlock) {
  const std::string image = make_image("disk.img");
  const std::string content = bytes(40 * block, 1);
  const File from = make_file("from", content);
  const File file = make_file("file", "head", Access::write);
  const File to = zone(image, 1, Access::write);
  GatherOptions options;
  options.bytes_per_second = 400 * block;  // in several steps, each of whole blocks of the zone
  const auto reports = gather({{from, 1, block}, {from, 0, 30 * block}}, {{file, {}}, {to, {}}}, options);
  ASSERT_TRUE(reports) << text_of(reports);
  for (const GatherReport& report : *reports) {
    EXPECT_FALSE(report.error) << report.error->to_string();
    EXPECT_EQ(report.bytes, 31 * block);
  }
  const std::string expected = content.substr(1, block) + content.substr(0, 30 * block);
  expect_content(file, "head" + expected);
  expect_content(to, expected);
}

TEST_F(GatherFiles, FilesOfTwoGatherers) {
  const std::string one = make_image("one.img");
  const std::string two = make_image("two.img");
  const std::string first = bytes(4 * block, 1);
  const std::string second = bytes(4 * block, 2);
  const File a = filled_zone(one, 1, first);
  filled_zone(two, 1, second).reset();
  const auto other = must(Gatherer::create());
  const File b = must(other->open_zone(two, 1, Access::read));
  const File to = zone(one, 2, Access::write);
  const GatherReport report = gather_to(to, {{a, 0, block}, {b, 0, 2 * block}, {a, 3 * block, block}});
  EXPECT_FALSE(report.error) << report.error->to_string();
  expect_content(to, first.substr(0, block) + second.substr(0, 2 * block) + first.substr(3 * block, block));
}

TEST_F(GatherFiles, TheIoPriorityIsAsBefore) {
  const File from = make_file("from", bytes(100'000, 1));
  const File to = make_file("to", "", Access::write);
  const auto priority = [] { return syscall(SYS_ioprio_get, 1, 0); };
  const auto before = priority();
  GatherOptions options;
  options.background = true;
  long during = -1;
  options.progress = [&](const GatherProgress&) { during = priority(); };
  EXPECT_EQ(gather_to(to, {{from, 0, 100'000}}, options).bytes, 100'000U);
  EXPECT_EQ(during >> 13, 3) << "IOPRIO_CLASS_IDLE";
  EXPECT_EQ(priority(), before);
}

TEST_F(GatherFiles, ProgressAndStop) {
  const std::string content = bytes(500'000, 1);
  const File from = make_file("from", content);
  const File to = make_file("to", "", Access::write);
  std::atomic<bool> stop{false};
  std::vector<std::uint64_t> seen;
  GatherOptions options;
  options.bytes_per_second = 1'000'000;
  options.stop = &stop;
  options.progress = [&](const GatherProgress& progress) {
    seen.push_back(progress.done_bytes);
    stop = seen.size() == 2;
  };
  const GatherReport report = gather_to(to, {{from, 0, 500'000}}, options);
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code(), EINTR);
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_EQ(report.bytes, seen.back());
  expect_content(to, content.substr(0, report.bytes));
}

}  // namespace
}  // namespace zonecopy::test
