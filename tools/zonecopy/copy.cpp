// zonecopy copy: copies a range of one zone file to another, and reports how.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tools/zonecopy/command.h"
#include "tools/zonecopy/copy_request.h"
#include "tools/zonecopy/interrupt.h"
#include "tools/zonecopy/json.h"
#include "tools/zonecopy/progress.h"
#include "tools/zonecopy/text.h"

namespace zonecopy::tools {
namespace {

struct Report {
  CopyRangeOutcome outcome;
  double seconds = 0;
  bool counted = false;  ///< the counters are known; false if the daemon has ended
  // Bytes of this copy, for each way.
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::string mechanism;  ///< how the offloaded part was copied
  std::string fallback;   ///< why not all was offloaded
};

/// Fills in the ways. The destination's mount counts the copies of this open file; bytes that it has not counted were
/// copied by the kernel.
void tell_paths(const CopyFile& source, const CopyFile& destination, Report& report) {
  if (!source.same_mount_as(destination)) {
    report.counted = true;
    report.bytes_kernel = report.outcome.bytes;
    report.fallback = "the two files are on different mounts, between which the kernel moves the data";
    return;
  }
  const std::optional<zonecopy_file_info> info = destination.ask();
  if (!info) return;
  report.counted = true;
  report.bytes_offloaded = info->bytes_offloaded;
  report.bytes_kernel = info->bytes_kernel;
  report.bytes_emulated = info->bytes_emulated;
  report.mechanism = info->copy_mechanism;
  report.fallback = info->not_offloaded_because;
  if (report.outcome.error && report.outcome.error->code() == EIO && destination.only_offload() &&
      !report.fallback.empty()) {
    report.outcome.error = Error(EIO, "copy", "it cannot be offloaded, which copy=offload demands: " + report.fallback)
                               .on_device(destination.path());
  }
}

Report copy_and_measure(const CopyFile& source, const CopyFile& destination, const CopyRangeRequest& request) {
  using Clock = std::chrono::steady_clock;
  Report report;
  {
    ProgressLine line(request.length_bytes);
    const Clock::time_point begin = Clock::now();
    report.outcome = copy_range(source, destination, request, [&line](std::uint64_t bytes) { line.show(bytes); });
    report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  tell_paths(source, destination, report);
  return report;
}

void print_text(const Report& report) {
  if (report.outcome.error && report.outcome.bytes == 0) return;  // only the error is printed
  const auto rate =
      static_cast<std::uint64_t>(static_cast<double>(report.outcome.bytes) / std::max(report.seconds, 1e-6));
  fmt::print("{} bytes ({}) in {:.3f} s, {}/s{}\n", report.outcome.bytes, human_size(report.outcome.bytes),
             report.seconds, human_size(rate), interrupted() ? ", interrupted" : "");
  if (!report.counted) return;
  const bool offloaded = report.bytes_offloaded > 0 && !report.mechanism.empty();
  fmt::print("offloaded {} bytes{}, moved by the kernel {} bytes, emulated {} bytes\n", report.bytes_offloaded,
             offloaded ? " by " + report.mechanism : "", report.bytes_kernel, report.bytes_emulated);
  if (!report.fallback.empty()) fmt::print("not offloaded because: {}\n", report.fallback);
}

void print_report_json(const Report& report) {
  Json json;
  json["bytes"] = report.outcome.bytes;
  json["seconds"] = report.seconds;
  json["bytes_offloaded"] = report.counted ? Json(report.bytes_offloaded) : Json();
  json["bytes_kernel"] = report.counted ? Json(report.bytes_kernel) : Json();
  json["bytes_emulated"] = report.counted ? Json(report.bytes_emulated) : Json();
  json["fallback_reason"] = report.fallback.empty() ? Json() : Json(report.fallback);
  json["interrupted"] = interrupted();
  add_error(json, report.outcome.error ? &*report.outcome.error : nullptr);
  print_json(json);
}

/// Reports a copy that was not started. JSON has the same members as always, all of them 0.
int refuse_copy(const Error& error, bool json) {
  if (json) {
    Report report;
    report.counted = true;
    report.outcome.error = error;
    print_report_json(report);
  }
  return fail(error);
}

int run_copy(const CopyArguments& arguments) {
  const Result<CopyFile> source = CopyFile::open(arguments.source, CopyFile::Access::read);
  if (!source) return refuse_copy(source.error(), arguments.json);
  const Result<CopyFile> destination = CopyFile::open(arguments.destination, CopyFile::Access::write);
  if (!destination) return refuse_copy(destination.error(), arguments.json);
  const Result<CopyRangeRequest> request = make_request(*source, *destination, arguments);
  if (!request) return refuse_copy(request.error(), arguments.json);

  catch_interrupts();
  const Report report = copy_and_measure(*source, *destination, *request);
  if (arguments.json) {
    print_report_json(report);
  } else {
    print_text(report);
  }
  std::fflush(stdout);
  end_if_interrupted();
  return report.outcome.error ? fail(*report.outcome.error) : exit_ok;
}

}  // namespace

void add_copy_command(CLI::App& app, int& exit_status) {
  struct Sizes {
    std::uint64_t destination_offset_bytes = 0;
    std::uint64_t length_bytes = 0;
  };
  const auto arguments = std::make_shared<CopyArguments>();
  const auto sizes = std::make_shared<Sizes>();
  CLI::App& command =
      *app.add_subcommand("copy", "Copy a range of a zone file to another, and show how much was offloaded.");
  command.add_option("SOURCE", arguments->source, "zone file to read")->required();
  command.add_option("DESTINATION", arguments->destination, "zone file to write")->required();
  add_size_option(command, "--source-offset", arguments->source_offset_bytes, "where to begin (default 0)");
  CLI::Option* destination_offset =
      add_size_option(command, "--destination-offset", sizes->destination_offset_bytes,
                      "where to write (default: the end of the file, which is the write pointer)");
  CLI::Option* length =
      add_size_option(command, "--length", sizes->length_bytes, "how much (default: to the end of the source)");
  command.add_flag("--json", arguments->json, "print JSON");
  command.callback([arguments, sizes, destination_offset, length, &exit_status] {
    if (destination_offset->count() > 0) arguments->destination_offset_bytes = sizes->destination_offset_bytes;
    if (length->count() > 0) arguments->length_bytes = sizes->length_bytes;
    exit_status = run_copy(*arguments);
  });
}

}  // namespace zonecopy::tools
