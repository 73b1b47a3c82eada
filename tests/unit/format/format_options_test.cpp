// The command line and feature grammar of mkfs.zonecopyfs, as a table of texts and what becomes of them.
#include "zonefs/format/format_options.h"

#include <gtest/gtest.h>

#include <vector>

namespace zonecopy::zonefs {
namespace {

struct FeatureCase {
  const char* text;
  bool aggregate = false;
  std::optional<std::uint32_t> uid = std::nullopt;
  std::optional<std::uint32_t> gid = std::nullopt;
  std::optional<std::uint32_t> permissions = std::nullopt;
};

const FeatureCase accepted[] = {
    {""},
    {","},
    {"aggr_cnv", true},
    {"aggr_cnv,,uid=0", true, 0},
    {",aggr_cnv,", true},
    {"uid=1000", false, 1000},
    {"gid=7", false, {}, 7},
    {"perm=600", false, {}, {}, 0600},
    {"perm=0600", false, {}, {}, 0600},
    {"perm=7777777", false, {}, {}, 07777777},
    {"uid=", false, 0},
    {"perm=", false, {}, {}, 0},
    {"uid=-1", false, 0xffffffff},
    {"uid=+5", false, 5},
    {"uid=4294967295", false, 0xffffffff},
    {"uid=1,uid=2", false, 2},
    {"uid=1,gid=2,perm=440,aggr_cnv", true, 1, 2, 0440},
};

const char* const refused[] = {
    "aggr_cnv=1",
    "aggr",
    "AGGR_CNV",
    "uid",
    "uid=x",
    "uid=1x",
    "uid=0x10",
    "uid= 1",
    "uid=-",
    "uid=+",
    "uid=+-1",
    "uid=4294967296",
    "uid=-2147483649",
    "uid=99999999999999999999",
    "perm=8",
    "perm=rw",
    "foo",
    "uid=1;gid=1",
    " ",
    "aggr_cnv,foo",
    "aggr_cnv foo",
};

TEST(FormatFeatures, Accepted) {
  for (const FeatureCase& c : accepted) {
    FormatOptions options;
    EXPECT_TRUE(parse_features(c.text, options)) << c.text;
    EXPECT_EQ(options.features.aggregate_conventional, c.aggregate) << c.text;
    EXPECT_EQ(options.features.uid, c.uid.has_value()) << c.text;
    EXPECT_EQ(options.features.gid, c.gid.has_value()) << c.text;
    EXPECT_EQ(options.features.permissions, c.permissions.has_value()) << c.text;
    EXPECT_EQ(options.uid, c.uid.value_or(0)) << c.text;
    EXPECT_EQ(options.gid, c.gid.value_or(0)) << c.text;
    EXPECT_EQ(options.permissions, c.permissions.value_or(default_permissions)) << c.text;
  }
}

TEST(FormatFeatures, RefusedAndNothingChanged) {
  for (const char* text : refused) {
    FormatOptions options;
    options.uid = 42;
    const Status parsed = parse_features(text, options);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), EINVAL) << text;
    EXPECT_TRUE(parsed.error().detail().starts_with("Invalid feature string")) << text;
    EXPECT_EQ(options.uid, 42U) << text;
    EXPECT_EQ(options.features, Features()) << text;
  }
}

TEST(FormatLabel, HasAtMost64Bytes) {
  FormatOptions options;
  EXPECT_TRUE(parse_label(std::string(64, 'x'), options));
  const Status parsed = parse_label(std::string(65, 'y'), options);
  ASSERT_FALSE(parsed);
  EXPECT_TRUE(parsed.error().detail().starts_with("Label too long (64 chars allowed)"));
  EXPECT_EQ(options.label, std::string(64, 'x'));
}

TEST(FormatUuid, IsReadOrRefused) {
  FormatOptions options;
  for (const char* text :
       {"", "0123", "01234567-89ab-cdef-0123-456789abcdeg", "01234567-89ab-cdef-0123-456789abcdef0"}) {
    EXPECT_FALSE(parse_uuid(text, options)) << text;
  }
  EXPECT_FALSE(options.uuid);
  ASSERT_TRUE(parse_uuid("00010203-0405-0607-0809-0a0b0c0d0e0f", options));
  for (std::uint8_t byte = 0; byte < 16; ++byte) EXPECT_EQ((*options.uuid)[byte], byte);
}

using Words = std::vector<const char*>;

TEST(FormatCommandLine, Accepted) {
  const Result<FormatCommand> plain = parse_format_command(Words{"disk"});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->devices, std::vector<std::string>{"disk"});
  EXPECT_FALSE(plain->concatenate);
  EXPECT_FALSE(plain->options.force);

  const Result<FormatCommand> full = parse_format_command(Words{"-f", "-v", "-L", "-x", "-o", "uid=1", "-o", "gid=2",
                                                                "--uuid", "00010203-0405-0607-0809-0a0b0c0d0e0f", "d"});
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->options.force);
  EXPECT_TRUE(full->options.verbose);
  EXPECT_EQ(full->options.label, "-x");
  EXPECT_EQ(full->options.uid, 1U);
  EXPECT_EQ(full->options.gid, 2U);
  EXPECT_TRUE(full->options.uuid);

  const Result<FormatCommand> close =
      parse_format_command(Words{"-fvLname", "-ouid=1", "--uuid=00010203-0405-0607-0809-0a0b0c0d0e0f", "--", "-d"});
  ASSERT_TRUE(close);
  EXPECT_TRUE(close->options.force && close->options.verbose && close->options.uuid);
  EXPECT_EQ(close->options.label, "name");
  EXPECT_EQ(close->options.uid, 1U);
  EXPECT_EQ(close->devices, std::vector<std::string>{"-d"});
}

TEST(FormatCommandLine, HelpAndVersionWinBeforeTheDevice) {
  using Action = FormatCommand::Action;
  EXPECT_EQ(parse_format_command(Words{"-f", "--help"})->action, Action::show_help);
  EXPECT_EQ(parse_format_command(Words{"-h", "-z"})->action, Action::show_help);
  EXPECT_EQ(parse_format_command(Words{"--version", "disk"})->action, Action::show_version);
  EXPECT_FALSE(parse_format_command(Words{"disk", "--help"}));
}

TEST(FormatCommandLine, RefusedWithTheMessageOfMkzonefs) {
  const std::pair<Words, const char*> cases[] = {
      {{}, "No device specified"},
      {{"-f"}, "No device specified"},
      {{"a", "b"}, "No device specified"},
      {{"disk", "-f"}, "No device specified"},
      {{"-z", "disk"}, "Invalid option '-z'"},
      {{"-fz", "disk"}, "Invalid option '-z' in '-fz'"},
      {{"--force", "disk"}, "Invalid option '--force'"},
      {{"-L", "disk"}, "No device specified"},
      {{"-o"}, "Invalid command line: '-o' needs an argument"},
      {{"-f", "--uuid"}, "Invalid command line: '--uuid' needs an argument"},
      {{"--uuid", "disk"}, "Invalid UUID 'disk'"},
      {{"-o", "nonsense", "disk"}, "Invalid feature string"},
  };
  for (const auto& [words, message] : cases) {
    const Result<FormatCommand> command = parse_format_command(words);
    ASSERT_FALSE(command) << message;
    EXPECT_TRUE(command.error().detail().starts_with(message)) << command.error().detail();
  }
}

TEST(FormatOptions, FilesBelongToTheUserWhoFormats) {
  struct Row {
    const char* given;
    std::uint32_t caller_uid, caller_gid;
    std::uint32_t uid, gid;
    bool features;  ///< both are in the super block
    bool uid_by_default, gid_by_default;
  };
  const Row rows[] = {
      {"", 1000, 100, 1000, 100, true, true, true},     {"uid=7", 1000, 100, 7, 100, true, false, true},
      {"gid=7", 1000, 100, 1000, 7, true, true, false}, {"uid=0,gid=0", 1000, 100, 0, 0, true, false, false},
      {"uid=", 1000, 0, 0, 0, true, false, true},       {"", 0, 0, 0, 0, false, false, false},
      {"", 0, 100, 0, 0, false, false, false},  // root: as mkzonefs, byte for byte
  };
  for (const Row& row : rows) {
    FormatOptions options;
    ASSERT_TRUE(parse_features(row.given, options));
    give_to_caller(options, row.caller_uid, row.caller_gid);
    EXPECT_EQ(options.uid, row.uid) << row.given;
    EXPECT_EQ(options.gid, row.gid) << row.given;
    EXPECT_EQ(options.features.uid && options.features.gid, row.features) << row.given;
    EXPECT_EQ(options.uid_by_default, row.uid_by_default) << row.given;
    EXPECT_EQ(options.gid_by_default, row.gid_by_default) << row.given;
  }
}

}  // namespace
}  // namespace zonecopy::zonefs
