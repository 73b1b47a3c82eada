// What a copy says of itself: for people, and as JSON.
#include "tools/zonecopy/copy_report.h"

#include <gtest/gtest.h>

#include "tests/unit/tool/memory_file.h"

namespace zonecopy::tools {
namespace {

class CopyReport : public testing::Test {
 protected:
  CopyReport() {
    file.file = std::make_shared<test::MemoryFile>("mnt/seq/0", std::vector<std::byte>());
    sources = {{&file, {0, 4096}, 4096}, {&file, {1U << 20, 8192}, 8192}};
    summary.seconds = 2;
    summary.mechanism = "NVMe Copy";
    summary.outcomes = {{"mnt/seq/1", whole(), {}}};
  }
  static GatherReport whole() {
    GatherReport report;
    report.offset_bytes = 65536;
    report.bytes = report.bytes_offloaded = 12288;
    report.commands = 1;
    report.range_bytes = {4096, 8192};
    report.ways = {GatherWay::gather_call};
    return report;
  }
  static GatherReport part() {
    GatherReport report = whole();
    report.bytes = report.bytes_emulated = 8192;
    report.bytes_offloaded = 0;
    report.commands = 0;
    report.range_bytes = {4096, 4096};
    report.failed_range = 1;
    report.error = Error(EIO, "gather").on_device("mnt/seq/2");
    report.ways = {GatherWay::copy_file_range, GatherWay::read_write};
    report.not_offloaded_because = "the device has no Copy";
    return report;
  }

  CopyFile file;
  std::vector<CopySource> sources;
  CopySummary summary{sources};
};

TEST_F(CopyReport, OneDestination) {
  EXPECT_EQ(copy_text(summary),
            "12288 bytes (12KiB) in 2.000 s, 6KiB/s\n"
            "offloaded 12288 bytes by NVMe Copy, moved by the kernel 0 bytes, emulated 0 bytes\n"
            "2 ranges from offset 65536 on, 1 Copy command, by gather call\n");
}

TEST_F(CopyReport, SeveralAndOneThatFailed) {
  summary.outcomes.push_back({"mnt/seq/2", part(), {}});
  summary.outcomes[0].verification = Verification{12288, {}, {}};
  EXPECT_EQ(copy_text(summary),
            "mnt/seq/1:\n"
            "  12288 bytes (12KiB) in 2.000 s, 6KiB/s\n"
            "  offloaded 12288 bytes by NVMe Copy, moved by the kernel 0 bytes, emulated 0 bytes\n"
            "  2 ranges from offset 65536 on, 1 Copy command, by gather call\n"
            "  verified 12288 bytes: source and destination are the same\n"
            "mnt/seq/2:\n"
            "  8192 bytes (8KiB) in 2.000 s, 4KiB/s\n"
            "  offloaded 0 bytes, moved by the kernel 0 bytes, emulated 8192 bytes\n"
            "  2 ranges from offset 65536 on, 0 Copy commands, by copy_file_range, read and write\n"
            "  not offloaded because: the device has no Copy\n"
            "  stopped in range 1 (of 2), mnt/seq/0:1048576+8192: 4096 of its 8192 bytes are copied, and all of the "
            "ranges before it\n");
  const Json json = copy_json(summary);
  EXPECT_EQ(json["bytes"], 20480);
  EXPECT_EQ(json["bytes_offloaded"], 12288);
  EXPECT_EQ(json["bytes_emulated"], 8192);
  EXPECT_EQ(json["errno"], "EIO");
  EXPECT_EQ(json["fallback_reason"], "the device has no Copy");
  EXPECT_TRUE(json["destinations"][0]["error"].is_null());
  EXPECT_EQ(json["destinations"][0]["verified"], true);
  EXPECT_TRUE(json["destinations"][1]["verified"].is_null());
  EXPECT_EQ(json["destinations"][1]["failed_range"], 1);
  EXPECT_EQ(json["destinations"][1]["ways"].dump(), R"(["copy_file_range","read and write"])");
  EXPECT_EQ(json["ranges"][1].dump(), R"({"source":"mnt/seq/0","offset_bytes":1048576,"length_bytes":8192})");
}

TEST_F(CopyReport, NothingIsSaidOfWhatGotNothing) {
  summary.outcomes[0].report = GatherReport();
  summary.outcomes[0].report.error = Error(EIO, "gather");
  EXPECT_EQ(copy_text(summary), "");
}

TEST_F(CopyReport, ARangeThatDiffers) {
  summary.outcomes[0].verification = Verification{12288, {{1, 69632, 1, 2}}, {}};
  const std::optional<Error> error = verify_error(summary.outcomes[0], sources);
  ASSERT_TRUE(error);
  EXPECT_EQ(
      error->to_string(),
      "verify on mnt/seq/1: Input/output error: range 1 (of 2), mnt/seq/0:1048576+8192, is not the same at offset "
      "69632: xxh3 0000000000000001, and 0000000000000002 in the copy");
  EXPECT_EQ(copy_json(summary)["destinations"][0]["verified"], false);
  EXPECT_EQ(copy_json(summary)["errno"], "EIO");
}

TEST_F(CopyReport, AnInterrupt) {
  summary.interrupted = summary.verify = true;
  const std::string text = copy_text(summary);
  EXPECT_NE(text.find("6KiB/s, interrupted\n"), std::string::npos);
  EXPECT_NE(text.find("not verified"), std::string::npos);
}

// A program that reads one shape of JSON can read the other.
TEST_F(CopyReport, ARefusalHasTheSameMembers) {
  const Json json = copy_json(summary);
  const Json refusal = refusal_json(Error(EINVAL, "copy"));
  for (const auto& [name, value] : json.items()) EXPECT_TRUE(refusal.contains(name)) << name;
  EXPECT_EQ(refusal.size(), json.size());
  EXPECT_EQ(refusal["bytes"], 0);
}

}  // namespace
}  // namespace zonecopy::tools
