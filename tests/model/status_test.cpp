// The one table of what a mount tells: each value is of its type, and its text is read back as what was meant.
#include "zonefs/core/status.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/core/format_device.h"
#include "tests/support/core/log_and_clock.h"
#include "tests/support/device/borrowed_device.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::FileSystem;
using zonefs::from_text;
using zonefs::MountOptions;
using zonefs::status_records;
using zonefs::StatusRecord;
using zonefs::StatusType;
using zonefs::StatusValue;

class StatusTest : public LoopTest {
 protected:
  std::unique_ptr<FileSystem> mount(SimDevice& device, const MountOptions& options = MountOptions()) {
    format_device(device, zonefs::SuperBlock());
    auto mounted =
        run(FileSystem::mount(loop(), std::make_unique<BorrowedDevice>(device), options, log_, clock_.function()));
    EXPECT_TRUE(mounted.ok());
    return std::move(mounted.value());
  }
  static std::string text_of(const FileSystem& fs, const std::string& name) {
    return zonefs::status_text(fs, "user.zonecopy." + name).value_or("there is none");
  }

  CapturingLog log_;
  ManualClock clock_;
};

TEST_F(StatusTest, texts_mean_the_values_they_were_written_from) {
  SimSpec spec;
  spec.copy_limits = CopyLimits{4, 5, 12};
  spec.resource_limits = ResourceLimits{3, 5};
  SimDevice device(spec);
  const std::unique_ptr<FileSystem> fs = mount(device);
  std::set<std::string_view> names;
  for (const StatusRecord& record : status_records()) {
    SCOPED_TRACE(std::string(record.name));
    EXPECT_TRUE(names.insert(record.name).second) << "twice";
    EXPECT_TRUE(record.meaning.ends_with('.')) << "whole sentences";
    const StatusValue value = record.value(*fs);
    EXPECT_EQ(from_text(record.type, to_text(value)), value) << "not of the type of the record";
    EXPECT_EQ(text_of(*fs, std::string(record.name)), to_text(value));
  }
  EXPECT_EQ(text_of(*fs, "copy_limits"), "ranges 4, range bytes 2560, total bytes 6144");
  EXPECT_EQ(text_of(*fs, "max_active_seq_files"), "5");
  EXPECT_EQ(text_of(*fs, "read_only"), "0");
  EXPECT_EQ(text_of(*fs, "nonsense"), "there is none");
  EXPECT_FALSE(zonefs::status_text(*fs, "trusted.zonecopy.read_only"));
  EXPECT_TRUE(run(fs->unmount()).ok());
}

TEST(Status, TextsThatAreNotOfTheType) {
  const std::pair<StatusType, const char*> wrong[] = {
      {StatusType::count, ""},
      {StatusType::count, "-1"},
      {StatusType::bytes, "12 "},
      {StatusType::bytes, "0x10"},
      {StatusType::limit, "18446744073709551616"},
      {StatusType::boolean, "yes"},
      {StatusType::boolean, ""},
      {StatusType::copy_limits, ""},
      {StatusType::copy_limits, "ranges 1, range bytes 2, total bytes"},
      {StatusType::copy_limits, "ranges 1, range bytes 2, total bytes 3,"},
      {StatusType::copy_limits, "ranges , range bytes 2, total bytes 3"},
  };
  for (const auto& [type, text] : wrong) EXPECT_EQ(from_text(type, text), std::nullopt) << text;
  EXPECT_EQ(from_text(StatusType::text, "42"), StatusValue(std::string("42"))) << "a text stays one";
  EXPECT_EQ(from_text(StatusType::boolean, "1"), StatusValue(true));
  EXPECT_EQ(from_text(StatusType::copy_limits, "ranges 1, range bytes 2, total bytes 3"),
            StatusValue(zonefs::CopyLimitsInBytes{1, 2, 3}));
}

/// What is told of Copy changes when the device refuses it for good.
TEST_F(StatusTest, tells_that_there_is_no_copy_any_more) {
  SimSpec spec;
  spec.copy_limits = CopyLimits{4, 5, 12};
  SimDevice device(spec);
  device.preload(device.info().zone_start(3), std::vector<std::byte>(std::size_t{4} * 512));
  const std::unique_ptr<FileSystem> fs = mount(device);
  EXPECT_EQ(text_of(*fs, "copy_path"), "offloaded");
  EXPECT_EQ(text_of(*fs, "copy_unavailable"), "");
  Fault fault;
  fault.command = Command::copy;
  fault.times = 100;
  fault.fall_back = true;
  fault.never = true;
  device.inject(fault);
  for (const zonefs::FileNumber destination : {3U, 4U}) {
    zonefs::CopyRequest request;
    request.source = 2;
    request.destination = destination;
    request.length_bytes = std::uint64_t{4} * 512;
    EXPECT_TRUE(run(fs->copy_range(request, nullptr)).ok());
  }
  EXPECT_EQ(device.count(Command::copy), 1U);
  EXPECT_EQ(text_of(*fs, "copy_path"), "emulated");
  EXPECT_EQ(text_of(*fs, "copy_mechanism"), "");
  EXPECT_EQ(text_of(*fs, "copy_limits"), "ranges 0, range bytes 0, total bytes 0");
  EXPECT_NE(text_of(*fs, "copy_unavailable").find("refused it for good"), std::string::npos);
  EXPECT_EQ(text_of(*fs, "last_fallback"), text_of(*fs, "copy_unavailable"));
  EXPECT_EQ(text_of(*fs, "copies_emulated"), "2");
  EXPECT_TRUE(run(fs->unmount()).ok());
}

}  // namespace zonecopy::test
