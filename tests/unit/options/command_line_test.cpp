// The command line of zonecopyfs: what is understood, in which order, and how the rest is refused.
#include "zonefs/options/command_line.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace zonecopy::zonefs {
namespace {

using Words = std::vector<const char*>;

std::string joined(const Words& words) {
  std::string text = "zonecopyfs";
  for (const char* const word : words) text += " '" + std::string(word) + "'";
  return text;
}

/// The line in one word, so that a row of a table can say all of it.
std::string summary(const CommandLine& line) {
  if (line.help) return "help";
  if (line.version) return "version";
  std::string devices = line.device;
  for (const std::string& path : line.options.devices.with) devices += "+" + path;
  for (const std::string& name : line.options.devices.names) devices += ":" + name;
  if (line.options.devices.concat) devices += " in one";
  return devices + " on " + line.mount_point + (line.foreground ? " foreground" : "") +
         " errors=" + std::string(to_string(line.options.errors)) + (line.options.read_only ? " ro" : "") +
         (line.options.explicit_open ? " explicit-open" : "");
}

TEST(CommandLine, WhatIsUnderstood) {
  struct Row {
    Words words;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {{"dev", "/mnt"}, "dev on /mnt errors=remount-ro"},
      {{"dev", "/mnt", "-f"}, "dev on /mnt foreground errors=remount-ro"},
      {{"-f", "dev", "/mnt"}, "dev on /mnt foreground errors=remount-ro"},
      {{"dev", "-f", "/mnt"}, "dev on /mnt foreground errors=remount-ro"},
      {{"dev", "-fo", "ro", "/mnt"}, "dev on /mnt foreground errors=remount-ro ro"},
      {{"dev", "-f", "-f", "/mnt"}, "dev on /mnt foreground errors=remount-ro"},
      {{"dev", "/mnt", "-o", "errors=repair"}, "dev on /mnt errors=repair"},
      {{"-o", "errors=repair", "dev", "/mnt"}, "dev on /mnt errors=repair"},
      {{"dev", "-o", "errors=repair", "/mnt"}, "dev on /mnt errors=repair"},
      {{"dev", "/mnt", "-oerrors=repair"}, "dev on /mnt errors=repair"},
      {{"dev", "/mnt", "-o", "errors=repair,ro", "-f"}, "dev on /mnt foreground errors=repair ro"},
      {{"dev", "/mnt", "-o", "errors=repair,ro", "-o", "errors=zone-ro,explicit-open"},
       "dev on /mnt errors=zone-ro ro explicit-open"},
      {{"dev", "/mnt", "-o", "ro", "-orw"}, "dev on /mnt errors=remount-ro"},
      {{"dev", "/mnt", "-o", ""}, "dev on /mnt errors=remount-ro"},
      {{"--", "-dev", "-f"}, "-dev on -f errors=remount-ro"},
      {{"-f", "dev", "--", "--help"}, "dev on --help foreground errors=remount-ro"},
      {{"-", "/mnt"}, "- on /mnt errors=remount-ro"},
      {{"--", "--", "/mnt"}, "-- on /mnt errors=remount-ro"},
      {{"", "/mnt"}, " on /mnt errors=remount-ro"},
      {{"a", "b", "/mnt"}, "a+b on /mnt errors=remount-ro"},
      {{"a", "b", "-f", "c", "/mnt"}, "a+b+c on /mnt foreground errors=remount-ro"},
      {{"a", "/mnt", "-o", "with=b,with=\"c,d\""}, "a+b+c,d on /mnt errors=remount-ro"},
      {{"a", "b", "/mnt", "-o", "with=c,names=x:y:z"}, "a+b+c:x:y:z on /mnt errors=remount-ro"},
      {{"--concat", "a", "b", "/mnt"}, "a+b in one on /mnt errors=remount-ro"},
      {{"a", "/mnt", "-o", "concat,with=b"}, "a+b in one on /mnt errors=remount-ro"},
      {{"-h"}, "help"},
      {{"--help"}, "help"},
      {{"dev", "--help"}, "help"},
      {{"a", "b", "c", "-h"}, "help"},
      {{"-V"}, "version"},
      {{"--version"}, "version"},
      {{"dev", "/mnt", "-f", "-V"}, "version"},
  };
  for (const Row& row : rows) {
    const Result<CommandLine> line = parse_command_line(row.words);
    ASSERT_TRUE(line.ok()) << joined(row.words) << ": " << line.error().to_string();
    EXPECT_EQ(summary(*line), row.expected) << joined(row.words);
  }
}

TEST(CommandLine, WhatIsRefused) {
  struct Row {
    Words words;
    std::string named;  ///< what the person has to be told about
  };
  const std::vector<Row> rows = {
      {{}, "0 given"},
      {{"dev"}, "1 given"},
      {{"--concat", "dev", "/mnt"}, "concat needs several devices"},
      {{"dev", "/mnt", "-o", "concat"}, "concat needs several devices"},
      {{"dev", "/mnt", "-o", "names=a"}, "for several devices"},
      {{"a", "b", "/mnt", "-o", "names=x"}, "1 names for 2 devices"},
      {{"a", "b", "/mnt", "-o", "names=x:x"}, "'x' twice"},
      {{"a", "b", "/mnt", "-o", "names=x:."}, "names="},
      {{"a", "b", "/mnt", "-o", "names=x:y/z"}, "names="},
      {{"a", "b", "/mnt", "-o", "names=x:"}, "names="},
      {{"a", "b", "/mnt", "-o", R"(names=x:y",ro)"}, "names="},
      {{"a", "b", "/mnt", "-o", "concat,names=x:y"}, "concat makes one"},
      {{"a", "b", "/mnt", "-o", "concat,readonly=b"}, "use ro"},
      {{"a", "/mnt", "-o", "with="}, "with="},
      {{"a", "/mnt", "-o", "readonly="}, "readonly="},
      {{"a", "/mnt", "-o", "cross-namespace=on"}, "cross-namespace= takes auto or off"},
      {{"-f"}, "0 given"},
      {{"--", "dev"}, "1 given"},
      {{"dev", "/mnt", "-o"}, "-o"},
      {{"-h", "-o"}, "-o"},
      {{"dev", "/mnt", "-x"}, "'-x'"},
      {{"dev", "/mnt", "-fo"}, "-o"},
      {{"dev", "/mnt", "-fx"}, "'-x' in '-fx'"},
      {{"dev", "/mnt", "-\xc3\xa4"}, "'-\xc3\xa4'"},
      {{"dev", "/mnt", "--foreground"}, "'--foreground'"},
      {{"dev", "/mnt", "--help="}, "'--help='"},
      {{"dev", "/mnt", "-d"}, "'-d'"},
      {{"-h", "--verbose"}, "'--verbose'"},
      {{"dev", "/mnt", "-o", "errors=never"}, "never"},
      {{"dev", "/mnt", "-oerrors=never"}, "never"},
      {{"dev", "/mnt", "-o", "--"}, "--"},
      {{"dev", "/mnt", "-o", "-f"}, "-f"},
      {{"dev", "/mnt", "-o", "copy=perhaps"}, "perhaps"},
      {{"dev", "/mnt", "-o", "ro", "-o", "copy_depth=0"}, "copy_depth"},
  };
  for (const Row& row : rows) {
    const Result<CommandLine> line = parse_command_line(row.words);
    ASSERT_FALSE(line.ok()) << joined(row.words) << " is read as: " << summary(*line);
    EXPECT_EQ(line.error().code(), EINVAL) << joined(row.words);
    EXPECT_NE(line.error().detail().find(row.named), std::string::npos)
        << joined(row.words) << ": " << line.error().detail();
  }
}

}  // namespace
}  // namespace zonecopy::zonefs
