// zonecopy format: mkfs.zonecopyfs under another name, with options in any place.
#include "zonefs/format/format.h"

#include <fmt/format.h>

#include "tools/zonecopy/command.h"

namespace zonecopy::tools {
namespace {

using zonefs::FormatOptions;

/// A check that reads the text into `options` at once, as mkfs does, so that its own message is what the user sees.
CLI::Validator reader(Status (*parse)(std::string_view, FormatOptions&), std::shared_ptr<FormatOptions> options) {
  const auto read = [parse, options = std::move(options)](std::string& text) {
    const Status parsed = parse(text, *options);
    return parsed ? std::string() : zonefs::format_error_text(parsed.error());
  };
  return CLI::Validator(read, "");
}

int run_format(const std::vector<std::string>& paths, bool concatenate, const FormatOptions& options) {
  const zonefs::Printer print = [](const std::string& line) { fmt::print("{}\n", line); };
  if (!concatenate && paths.size() > 1) return fail("several devices are formatted as one only with --concat");
  if (concatenate && paths.size() < 2) return fail("--concat takes at least two devices");
  const Status formatted =
      concatenate ? zonefs::format_row(paths, options, print) : zonefs::format_device(paths.front(), options, print);
  return formatted ? exit_ok : fail(zonefs::format_error_text(formatted.error()));
}

}  // namespace

void add_format_command(CLI::App& app, int& exit_status) {
  struct Texts {
    std::vector<std::string> devices;
    bool concatenate = false;
    std::string label;
    std::vector<std::string> features;
    std::string uuid;
  };
  const auto texts = std::make_shared<Texts>();
  const auto options = std::make_shared<FormatOptions>();
  CLI::App& command =
      *app.add_subcommand("format", "Make an empty zonefs file system; the same as mkfs.zonecopyfs(8).");
  command.add_option("DEVICE", texts->devices, "device or image")->required();
  command.add_flag("--concat", texts->concatenate, "make one file system on several devices in a row");
  command.add_flag("-f", options->force, "overwrite a file system or partition table that is there");
  command.add_flag("-v", options->verbose, "print every zone");
  command.add_option("-L", texts->label, "label, at most 64 bytes")
      ->type_name("LABEL")
      ->check(reader(zonefs::parse_label, options));
  command.add_option("-o", texts->features, "aggr_cnv, uid=NUMBER, gid=NUMBER, perm=OCTAL; with commas between")
      ->type_name("FEATURES")
      ->allow_extra_args(false)
      ->check(reader(zonefs::parse_features, options));
  command.add_option("--uuid", texts->uuid, "this UUID instead of a random one")
      ->type_name("UUID")
      ->check(reader(zonefs::parse_uuid, options));
  command.callback(
      [texts, options, &exit_status] { exit_status = run_format(texts->devices, texts->concatenate, *options); });
}

}  // namespace zonecopy::tools
