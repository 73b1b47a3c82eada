// mkfs.zonecopyfs: formats a zoned device or image, with mkzonefs' command line.

#include <cstdio>
#include <exception>
#include <span>

#include "zonefs/format/format.h"
#include "zonefs/format/format_options.h"
#include "zonefs/host/print.h"
#include "zonefs/host/process_start.h"

namespace {

constexpr const char* help =
    "Usage: mkfs.zonecopyfs [options] <device or image>\n"
    "       mkfs.zonecopyfs [options] --concat <device> <device>...\n"
    "\n"
    "Makes an empty zonefs file system. Options come first:\n"
    "  -f            overwrite a file system or partition table that is there\n"
    "  -v            print every zone\n"
    "  -L LABEL      label of the file system, at most 64 bytes\n"
    "  -o FEATURES   comma list of:\n"
    "                  aggr_cnv    one file for adjacent conventional zones\n"
    "                  uid=NUMBER  owner of all zone files (default: the user who formats)\n"
    "                  gid=NUMBER  group of all zone files (default: that user's)\n"
    "                  perm=OCTAL  permissions of all zone files (default 640)\n"
    "  --uuid UUID   use this UUID instead of a random one; with the same label and\n"
    "                features it gives the same super block, byte for byte\n"
    "  --concat      make one file system on several devices in a row; mount them in the\n"
    "                same order, with --concat as well\n"
    "  --version     print the version\n"
    "  -h, --help    print this\n"
    "\n"
    "Exit status: 0 formatted, 1 not (a line on standard error says why).\n";

int fail(const std::string& text) {
  zonecopy::zonefs::print(stderr, "mkfs.zonecopyfs: {}\n", zonecopy::one_line(text));
  return 1;
}

int run(int argc, char** argv) {
  using zonecopy::zonefs::FormatCommand;
  const std::span<const char* const> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const zonecopy::Result<FormatCommand> command = zonecopy::zonefs::parse_format_command(words);
  if (!command) return fail(zonecopy::zonefs::format_error_text(command.error()));
  if (command->action == FormatCommand::Action::show_help) {
    zonecopy::zonefs::print("{}", help);
    return 0;
  }
  if (command->action == FormatCommand::Action::show_version) {
    zonecopy::zonefs::print("mkfs.zonecopyfs {}\n", ZONECOPY_VERSION);
    return 0;
  }
  const zonecopy::zonefs::Printer print = [](const std::string& line) { zonecopy::zonefs::print("{}\n", line); };
  const zonecopy::Status formatted =
      command->concatenate ? zonecopy::zonefs::format_row(command->devices, command->options, print)
                           : zonecopy::zonefs::format_device(command->devices.front(), command->options, print);
  if (!formatted) return fail(zonecopy::zonefs::format_error_text(formatted.error()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  zonecopy::zonefs::open_standard_files();
  zonecopy::zonefs::make_size_limit_an_error();
  try {
    return zonecopy::zonefs::finish_output("mkfs.zonecopyfs", run(argc, argv));
  } catch (const std::exception& failure) {  // no memory, or a kernel that takes no more work
    return fail(failure.what());
  }
}
