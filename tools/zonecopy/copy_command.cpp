// The command line of zonecopy copy.
#include <memory>

#include "tools/zonecopy/command.h"
#include "tools/zonecopy/copy.h"

namespace zonecopy::tools {
namespace {

/// What the command line parser fills in, before it is known what is a source and what was given.
struct RawArguments {
  CopyArguments arguments;
  std::vector<std::string> operands;
  std::string list;
  std::string progress;
  std::uint64_t source_offset_bytes = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

void wrong_usage(const std::string& text) { throw WrongUsage(text); }

std::string not_zero(const std::string& bytes) {
  return bytes == "0" ? "0 is no rate; without the option there is no limit" : std::string();
}

/// Tells sources from destinations.
void divide_operands(RawArguments& raw) {
  CopyArguments& arguments = raw.arguments;
  arguments.sources = raw.operands;
  if (arguments.destinations.empty()) {
    if (arguments.sources.empty()) wrong_usage("there is no DESTINATION");
    arguments.destinations.push_back(arguments.sources.back());
    arguments.sources.pop_back();
  }
  if (!arguments.sources.empty() || arguments.list) return;
  wrong_usage(raw.operands.empty() ? "there is no SOURCE"
                                   : "there is one operand only: name a SOURCE and a DESTINATION");
}

void check_together(const CopyArguments& arguments) {
  const bool one_source = arguments.sources.size() == 1 && !arguments.list;
  if ((arguments.source_offset_bytes || arguments.length_bytes) && !one_source) {
    wrong_usage("--source-offset and --length are for one source; write the ranges of several as SOURCE:OFFSET+LENGTH");
  }
  if (arguments.dry_run && arguments.verify) wrong_usage("--dry-run copies nothing that --verify could read back");
}

void add_operands(CLI::App& command, RawArguments& raw) {
  command.add_option(
      "SOURCE... DESTINATION", raw.operands,
      "a zone file or other file, or DEVICE#ZONE where it is not mounted; behind a source :OFFSET+LENGTH");
  command.add_option("-t,--to", raw.arguments.destinations, "a destination; then all operands are sources")
      ->type_name("DESTINATION")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
}

}  // namespace

void add_copy_command(CLI::App& app, int& exit_status) {
  const auto raw = std::make_shared<RawArguments>();
  CopyArguments& arguments = raw->arguments;
  CLI::App& command = *app.add_subcommand(
      "copy", "Copy zones and ranges of them, one behind the other, to one destination or several.");
  add_operands(command, *raw);
  CLI::Option* list = command.add_option("--from-file", raw->list, "more sources, one a line; - is standard input");
  list->type_name("FILE");
  command.add_flag("-0,--null", arguments.null_separated, "in that list NULs stand behind the sources")->needs(list);
  CLI::Option* source_offset =
      add_size_option(command, "--source-offset", raw->source_offset_bytes, "where to begin in the one source");
  CLI::Option* length = add_size_option(command, "--length", raw->length_bytes, "how much of it (default: to its end)");
  CLI::Option* destination_offset =
      add_size_option(command, "--destination-offset", raw->destination_offset_bytes,
                      "where to write (default: the end of the file, which is the write pointer)");
  add_size_option(command, "--limit-rate", arguments.bytes_per_second, "not more than so many bytes a second")
      ->check(CLI::Validator(not_zero, ""));
  command.add_flag("--background", arguments.background, "let other I/O go first");
  command.add_flag("--require-offload", arguments.require_offload, "fail rather than move data through this machine");
  command.add_flag("--verify", arguments.verify, "read back and compare checksums");
  command.add_flag("-n,--dry-run", arguments.dry_run, "print the Copy commands that would be sent, and copy nothing");
  CLI::Option* progress = command.add_option("--progress", raw->progress, "auto (a line on a terminal) or json");
  progress->type_name("FORM")->check(CLI::IsMember({"auto", "json"}));
  command.add_flag("--json", arguments.json, "print JSON");
  command.callback([raw, list, source_offset, length, destination_offset, &exit_status] {
    CopyArguments& given = raw->arguments;
    if (list->count() > 0) given.list = raw->list;
    if (source_offset->count() > 0) given.source_offset_bytes = raw->source_offset_bytes;
    if (length->count() > 0) given.length_bytes = raw->length_bytes;
    if (destination_offset->count() > 0) given.destination_offset_bytes = raw->destination_offset_bytes;
    if (raw->progress == "json") given.progress = ProgressForm::json;
    divide_operands(*raw);
    check_together(given);
    exit_status = run_copy(given);
  });
}

}  // namespace zonecopy::tools
