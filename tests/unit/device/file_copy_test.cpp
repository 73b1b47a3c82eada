// Copies between files by the kernel: each mechanism, what is not possible, and stopping on the way.
#include "src/device/file_copy.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/support/random.h"
#include "tests/support/seed.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy {
namespace {

constexpr std::uint64_t chunk_bytes = 32U << 20;  // between two of these a copy can be cancelled

/// A file without a name in the folder for temporary files, or in memory, which is another file system.
FileDescriptor scratch_file(const std::string& content = {}, bool in_memory = false) {
  std::string path = (std::filesystem::temp_directory_path() / "zonecopy-XXXXXX").string();
  FileDescriptor file(in_memory ? memfd_create("zonecopy", MFD_CLOEXEC) : mkostemp(path.data(), O_CLOEXEC));
  EXPECT_TRUE(file);
  if (!in_memory) unlink(path.c_str());
  EXPECT_EQ(pwrite(file.get(), content.data(), content.size(), 0), static_cast<ssize_t>(content.size()));
  return file;
}

std::string content_of(int fd) {
  struct stat facts {};
  EXPECT_EQ(fstat(fd, &facts), 0);
  std::string content(static_cast<std::size_t>(facts.st_size), '?');
  EXPECT_EQ(pread(fd, content.data(), content.size(), 0), facts.st_size);
  return content;
}

std::string random_text(std::uint64_t seed, std::size_t size) {
  test::Random random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.between('a', 'z'));
  return text;
}

constexpr std::array mechanisms = {FileCopyMechanism::reflink, FileCopyMechanism::copy_file_range};

TEST(FileCopy, BetweenTwoFiles) {
  const std::string text = random_text(test::test_seed(), 65536);
  for (const FileCopyMechanism mechanism : mechanisms) {
    const FileDescriptor source = scratch_file(text);
    const FileDescriptor destination = scratch_file(std::string(32768, '-'));
    // Aligned, as blocks shared need it, and then not.
    const FileCopyOutcome aligned = copy_between_files({source.get(), 4096, destination.get(), 8192, 16384}, mechanism,
                                                       FileCopyAllowed::moving, nullptr);
    EXPECT_EQ(aligned.bytes_copied, 16384U);
    EXPECT_EQ(aligned.code, 0);
    EXPECT_FALSE(aligned.unsupported);
    const FileCopyOutcome crooked =
        copy_between_files({source.get(), 1, destination.get(), 511, 513}, mechanism, FileCopyAllowed::moving, nullptr);
    EXPECT_EQ(crooked.bytes_copied, 513U);
    EXPECT_EQ(crooked.code, 0);
    std::string expected(32768, '-');
    expected.replace(8192, 16384, text, 4096, 16384);
    expected.replace(511, 513, text, 1, 513);
    EXPECT_EQ(content_of(destination.get()), expected);
    EXPECT_EQ(content_of(source.get()), text);
  }
}

TEST(FileCopy, WhatTheKernelMovesIsToldApartFromWhatIsShared) {
  const FileDescriptor source = scratch_file(std::string(65536, 'x'));
  const FileDescriptor destination = scratch_file(std::string(65536, '-'));
  const bool shares = probe_file_copy(source.get()) == FileCopyMechanism::reflink;
  struct Row {
    const char* name;
    FileRange range;
    FileCopyMechanism mechanism;
    bool shared;
  };
  const FileRange aligned{source.get(), 4096, destination.get(), 8192, 16384};
  const FileRange crooked{source.get(), 512, destination.get(), 1024, 512};
  const Row rows[] = {
      {"aligned", aligned, FileCopyMechanism::reflink, shares},
      {"not aligned", crooked, FileCopyMechanism::reflink, false},
      {"without sharing", aligned, FileCopyMechanism::copy_file_range, false},
  };
  for (const Row& row : rows) {
    const FileCopyOutcome moved = copy_between_files(row.range, row.mechanism, FileCopyAllowed::moving, nullptr);
    EXPECT_EQ(moved.bytes_copied, row.range.length_bytes) << row.name;
    EXPECT_EQ(moved.bytes_by_kernel != 0, !row.shared) << row.name;
    EXPECT_EQ(moved.sharing_code != 0, !row.shared && row.mechanism == FileCopyMechanism::reflink) << row.name;

    ASSERT_EQ(pwrite(destination.get(), std::string(65536, '-').data(), 65536, 0), 65536);
    const FileCopyOutcome shared = copy_between_files(row.range, row.mechanism, FileCopyAllowed::sharing, nullptr);
    EXPECT_EQ(shared.bytes_copied, row.shared ? row.range.length_bytes : 0U) << row.name;
    EXPECT_EQ(shared.unsupported, !row.shared) << row.name;
    EXPECT_EQ(shared.code != 0, !row.shared) << row.name;
    EXPECT_EQ(shared.bytes_by_kernel, 0U) << row.name;
    EXPECT_EQ(content_of(destination.get()) == std::string(65536, '-'), !row.shared) << row.name;
  }
}

TEST(FileCopy, WithinOneFile) {
  const std::string text = random_text(test::test_seed(), 65536);
  for (const FileCopyMechanism mechanism : mechanisms) {
    const FileDescriptor file = scratch_file(text);
    const FileCopyOutcome copied =
        copy_between_files({file.get(), 0, file.get(), 32768, 16384}, mechanism, FileCopyAllowed::moving, nullptr);
    EXPECT_EQ(copied.bytes_copied, 16384U);
    EXPECT_EQ(copied.code, 0);
    std::string expected = text;
    expected.replace(32768, 16384, text, 0, 16384);
    EXPECT_EQ(content_of(file.get()), expected);
    const FileCopyOutcome overlapping =
        copy_between_files({file.get(), 0, file.get(), 4096, 8192}, mechanism, FileCopyAllowed::moving, nullptr);
    EXPECT_EQ(overlapping.bytes_copied, 0U);
    EXPECT_EQ(overlapping.code, EINVAL);
    EXPECT_TRUE(overlapping.unsupported);
    EXPECT_EQ(content_of(file.get()), expected);
  }
}

TEST(FileCopy, NothingToCopy) {
  const FileDescriptor file = scratch_file("abc");
  const FileCopyOutcome copied = copy_between_files(
      {file.get(), 0, file.get(), 4096, 0}, FileCopyMechanism::copy_file_range, FileCopyAllowed::moving, nullptr);
  EXPECT_EQ(copied.bytes_copied, 0U);
  EXPECT_EQ(copied.code, 0);
}

TEST(FileCopy, WithoutAMechanism) {
  const FileDescriptor file = scratch_file(std::string(8192, 'x'));
  const FileCopyOutcome copied = copy_between_files({file.get(), 0, file.get(), 4096, 4096}, FileCopyMechanism::none,
                                                    FileCopyAllowed::moving, nullptr);
  EXPECT_EQ(copied.bytes_copied, 0U);
  EXPECT_EQ(copied.code, EOPNOTSUPP);
  EXPECT_TRUE(copied.unsupported);
}

TEST(FileCopy, BetweenFileSystemsIsNotSupported) {
  const FileDescriptor here = scratch_file(std::string(8192, 'x'));
  const FileDescriptor there = scratch_file(std::string(8192, 'y'), true);
  for (const FileCopyMechanism mechanism : mechanisms) {
    const FileCopyOutcome copied =
        copy_between_files({here.get(), 0, there.get(), 0, 4096}, mechanism, FileCopyAllowed::moving, nullptr);
    EXPECT_EQ(copied.bytes_copied, 0U);
    EXPECT_EQ(copied.code, EXDEV);
    EXPECT_TRUE(copied.unsupported);
  }
  EXPECT_EQ(content_of(there.get()), std::string(8192, 'y'));
}

TEST(FileCopy, RealErrorsAreNoLackOfSupport) {
  const FileDescriptor file = scratch_file(std::string(8192, 'x'));
  const FileDescriptor folder(open("/", O_RDONLY | O_CLOEXEC));
  struct Row {
    const char* name;
    FileRange range;
    int code;
  };
  const Row rows[] = {
      {"no source", {-1, 0, file.get(), 0, 4096}, EBADF},
      {"no destination", {file.get(), 0, -1, 0, 4096}, EBADF},
      {"a folder", {folder.get(), 0, file.get(), 0, 4096}, EISDIR},
      {"behind the end of the source", {file.get(), 8192, file.get(), 16384, 4096}, EIO},
  };
  for (const Row& row : rows) {
    const FileCopyOutcome copied =
        copy_between_files(row.range, FileCopyMechanism::copy_file_range, FileCopyAllowed::moving, nullptr);
    EXPECT_EQ(copied.bytes_copied, 0U) << row.name;
    EXPECT_EQ(copied.code, row.code) << row.name;
    EXPECT_FALSE(copied.unsupported) << row.name;
  }
}

TEST(FileCopy, ASourceThatEndsEarlyTellsHowFarItWent) {
  const FileDescriptor source = scratch_file(std::string(5000, 'x'));
  const FileDescriptor destination = scratch_file();
  const FileCopyOutcome copied =
      copy_between_files({source.get(), 0, destination.get(), 0, 8192}, FileCopyMechanism::copy_file_range,
                         FileCopyAllowed::moving, nullptr);
  EXPECT_EQ(copied.bytes_copied, 5000U);
  EXPECT_EQ(copied.code, EIO);
  EXPECT_FALSE(copied.unsupported);
  EXPECT_EQ(content_of(destination.get()), std::string(5000, 'x'));
}

TEST(FileCopy, CancelledBeforeItBegins) {
  const FileDescriptor source = scratch_file(std::string(8192, 'x'));
  const FileDescriptor destination = scratch_file();
  CancelToken cancel;
  const FileRange range{source.get(), 0, destination.get(), 0, 8192};
  EXPECT_EQ(
      copy_between_files(range, FileCopyMechanism::copy_file_range, FileCopyAllowed::moving, &cancel).bytes_copied,
      8192U);
  EXPECT_EQ(ftruncate(destination.get(), 0), 0);
  cancel.request();
  const FileCopyOutcome copied =
      copy_between_files(range, FileCopyMechanism::copy_file_range, FileCopyAllowed::moving, &cancel);
  EXPECT_EQ(copied.bytes_copied, 0U);
  EXPECT_EQ(copied.code, 0);
  EXPECT_FALSE(copied.unsupported);
  EXPECT_EQ(content_of(destination.get()), "");
}

TEST(FileCopy, CancelledBetweenChunks) {
  // Files in memory: what is copied costs memory, not writes to a disk.
  const std::uint64_t length_bytes = 3 * chunk_bytes;
  const FileDescriptor source = scratch_file("begin", true);
  ASSERT_EQ(ftruncate(source.get(), static_cast<off_t>(length_bytes)), 0);
  bool stopped_on_the_way = false;
  for (int attempt = 0; attempt < 20 && !stopped_on_the_way; ++attempt) {
    const FileDescriptor destination = scratch_file({}, true);
    CancelToken cancel;
    std::thread canceller([&cancel, fd = destination.get()] {
      struct stat facts {};
      while (fstat(fd, &facts) == 0 && facts.st_size == 0) std::this_thread::yield();
      cancel.request();
    });
    const FileRange range{source.get(), 0, destination.get(), 0, length_bytes};
    const FileCopyOutcome copied =
        copy_between_files(range, FileCopyMechanism::copy_file_range, FileCopyAllowed::moving, &cancel);
    canceller.join();
    ASSERT_EQ(copied.code, 0);
    ASSERT_FALSE(copied.unsupported);
    struct stat facts {};
    ASSERT_EQ(fstat(destination.get(), &facts), 0);
    EXPECT_EQ(copied.bytes_copied, static_cast<std::uint64_t>(facts.st_size)) << "what is told is what was copied";
    std::string begin(5, '?');
    EXPECT_EQ(pread(destination.get(), begin.data(), begin.size(), 0), 5);
    EXPECT_EQ(begin, "begin");
    stopped_on_the_way = copied.bytes_copied != 0 && copied.bytes_copied < length_bytes;
  }
  EXPECT_TRUE(stopped_on_the_way);
}

TEST(FileCopy, ProbeTellsWhatWorks) {
  const FileDescriptor file = scratch_file(std::string(8192, 'x'));
  const FileCopyMechanism found = probe_file_copy(file.get());
  ASSERT_NE(found, FileCopyMechanism::none) << "every file system in use has copy_file_range with itself";
  const FileDescriptor destination = scratch_file();
  const FileCopyOutcome copied =
      copy_between_files({file.get(), 0, destination.get(), 0, 8192}, found, FileCopyAllowed::moving, nullptr);
  EXPECT_EQ(copied.bytes_copied, 8192U);
  EXPECT_EQ(content_of(file.get()), std::string(8192, 'x'));

  // Whether extents can be shared, the system call itself says.
  file_clone_range all{file.get(), 0, 8192, 0};
  const FileDescriptor clone = scratch_file();
  const bool shares = ioctl(clone.get(), FICLONERANGE, &all) == 0;
  EXPECT_EQ(found, shares ? FileCopyMechanism::reflink : FileCopyMechanism::copy_file_range);
}

}  // namespace
}  // namespace zonecopy
