// zonecopy copy: a range of one zone file to another, and how it was done.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "attributes.h"
#include "command.h"
#include "copy_range.h"
#include "interrupt.h"
#include "mount_table.h"
#include "progress.h"
#include "text.h"
#include "zonecopy/size.h"

namespace zonecopy::tools {
namespace {

struct Arguments {
  std::string source;
  std::string destination;
  std::uint64_t source_offset_bytes = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
  bool destination_offset_given = false;
  bool length_given = false;
  bool json = false;
};

/// Attributes of the mount that `file` is in; none if that is no zonecopyfs. Then nothing is known about how it copies.
std::optional<Attributes> mount_attributes(const CopyFile& file) {
  const Result<std::vector<zonefs::MountEntry>> table = zonefs::read_mount_table();
  if (!table) return std::nullopt;
  const zonefs::MountEntry* entry = zonefs::find_zonecopyfs(*table, file.device_number());
  if (entry == nullptr) return std::nullopt;
  Result<Attributes> attributes = read_attributes(entry->mount_point);
  if (!attributes || attributes->empty()) return std::nullopt;
  return std::move(*attributes);
}

Error no_sense(const CopyFile& file, std::string detail) {
  return Error(EINVAL, "copy", std::move(detail)).on_device(file.path());
}

Status check_blocks(const CopyFile& file, std::string_view option, std::uint64_t bytes) {
  if (bytes % file.block_size_bytes() == 0) return {};
  return no_sense(file, fmt::format("{} is {}, which is no multiple of the block size, {}", option, bytes,
                                    file.block_size_bytes()));
}

/// The part of the source to copy: refuses what it does not have instead of copying less than was asked for.
Result<std::uint64_t> source_length(const CopyFile& source, const Arguments& arguments) {
  if (arguments.source_offset_bytes > source.size_bytes()) {
    return no_sense(source, fmt::format("--source-offset is {}, but there are only {} bytes",
                                        arguments.source_offset_bytes, source.size_bytes()));
  }
  const std::uint64_t rest_bytes = source.size_bytes() - arguments.source_offset_bytes;
  if (!arguments.length_given) return rest_bytes;
  if (arguments.length_bytes > rest_bytes) {
    return no_sense(source, fmt::format("--length is {}, but from the offset on there are only {} bytes",
                                        arguments.length_bytes, rest_bytes));
  }
  return arguments.length_bytes;
}

/// What zonecopyfs would refuse or cut short, said before anything is changed.
Status check_destination(const CopyFile& destination, const CopyRangeRequest& request, const Arguments& arguments) {
  const std::uint64_t offset = request.destination_offset_bytes;
  if (!arguments.destination_offset_given && offset >= destination.capacity_bytes()) {
    return no_sense(destination,
                    "the zone is full, or conventional: reset it with 'truncate -s 0', or give "
                    "--destination-offset for a conventional one");
  }
  // A conventional file always has its full size, so that this one is sequential.
  if (destination.size_bytes() < destination.capacity_bytes() && offset != destination.size_bytes()) {
    return no_sense(destination,
                    fmt::format("--destination-offset is {}, but a sequential zone is written at its write pointer, {}",
                                offset, destination.size_bytes()));
  }
  const std::uint64_t room_bytes = destination.capacity_bytes() - std::min(offset, destination.capacity_bytes());
  if (request.length_bytes > room_bytes) {
    return no_sense(destination, fmt::format("{} bytes do not fit: from offset {} on there is room for {}",
                                             request.length_bytes, offset, room_bytes));
  }
  for (const auto& [option, bytes] :
       {std::pair<std::string_view, std::uint64_t>("--source-offset", request.source_offset_bytes),
        {"--destination-offset", offset},
        {"--length", request.length_bytes}}) {
    const Status whole = check_blocks(destination, option, bytes);
    if (!whole) return whole;
  }
  return {};
}

struct Report {
  CopyRangeOutcome outcome;
  double seconds = 0;
  bool counted = false;  ///< the mount counts what it offloads
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_emulated = 0;
  std::string fallback;
};

Report copy_and_measure(const CopyFile& source, const CopyFile& destination, const CopyRangeRequest& request) {
  using Clock = std::chrono::steady_clock;
  const std::optional<Attributes> before = mount_attributes(destination);
  Report report;
  {
    ProgressLine line(request.length_bytes);
    const Clock::time_point begin = Clock::now();
    report.outcome = copy_range(source, destination, request, [&line](std::uint64_t bytes) { line.show(bytes); });
    report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  const std::optional<Attributes> after = mount_attributes(destination);
  if (!before || !after) return report;
  report.counted = true;
  report.bytes_offloaded = counter(*after, "bytes_offloaded") - counter(*before, "bytes_offloaded");
  report.bytes_emulated = counter(*after, "bytes_emulated") - counter(*before, "bytes_emulated");
  if (report.bytes_emulated != 0 || report.outcome.error)
    report.fallback = find_attribute(*after, "last_fallback").value_or("");
  return report;
}

void print_text(const Report& report) {
  if (report.outcome.error && report.outcome.bytes == 0) return;  // the error says it all
  const auto rate =
      static_cast<std::uint64_t>(static_cast<double>(report.outcome.bytes) / std::max(report.seconds, 1e-6));
  fmt::print("{} bytes ({}) in {:.3f} s, {}/s{}\n", report.outcome.bytes, human_size(report.outcome.bytes),
             report.seconds, human_size(rate), interrupted() ? ", interrupted" : "");
  if (!report.counted) return;
  fmt::print("offloaded {} bytes, emulated {} bytes\n", report.bytes_offloaded, report.bytes_emulated);
  if (!report.fallback.empty()) fmt::print("not offloaded because: {}\n", report.fallback);
}

void print_json(const Report& report) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["bytes"] = report.outcome.bytes;
  json["seconds"] = report.seconds;
  json["bytes_offloaded"] = report.counted ? Json(report.bytes_offloaded) : Json();
  json["bytes_emulated"] = report.counted ? Json(report.bytes_emulated) : Json();
  json["fallback_reason"] = report.fallback.empty() ? Json() : Json(report.fallback);
  json["interrupted"] = interrupted();
  json["error"] = report.outcome.error ? Json(report.outcome.error->to_string()) : Json();
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

int run_copy(const Arguments& arguments) {
  const Result<CopyFile> source = CopyFile::open(arguments.source, CopyFile::Access::read);
  if (!source) return fail(source.error());
  const Result<CopyFile> destination = CopyFile::open(arguments.destination, CopyFile::Access::write);
  if (!destination) return fail(destination.error());

  const Result<std::uint64_t> length = source_length(*source, arguments);
  if (!length) return fail(length.error());
  CopyRangeRequest request;
  request.source_offset_bytes = arguments.source_offset_bytes;
  request.destination_offset_bytes =
      arguments.destination_offset_given ? arguments.destination_offset_bytes : destination->size_bytes();
  request.length_bytes = *length;
  if (mount_attributes(*destination)) {
    const Status checked = check_destination(*destination, request, arguments);
    if (!checked) return fail(checked.error());
  }

  catch_interrupts();
  const Report report = copy_and_measure(*source, *destination, request);
  if (arguments.json) {
    print_json(report);
  } else {
    print_text(report);
  }
  std::fflush(stdout);
  end_if_interrupted();
  return report.outcome.error ? fail(*report.outcome.error) : exit_ok;
}

}  // namespace

void add_copy_command(CLI::App& app, int& exit_status) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      *app.add_subcommand("copy", "Copy a range of a zone file to another, and show how much was offloaded.");
  command.add_option("SOURCE", arguments->source, "zone file to read")->required();
  command.add_option("DESTINATION", arguments->destination, "zone file to write")->required();
  add_size_option(command, "--source-offset", arguments->source_offset_bytes, "where to begin (default 0)");
  CLI::Option* destination_offset =
      add_size_option(command, "--destination-offset", arguments->destination_offset_bytes,
                      "where to write (default: the end of the file, which is the write pointer)");
  CLI::Option* length =
      add_size_option(command, "--length", arguments->length_bytes, "how much (default: to the end of the source)");
  command.add_flag("--json", arguments->json, "print JSON");
  command.callback([arguments, destination_offset, length, &exit_status] {
    arguments->destination_offset_given = destination_offset->count() > 0;
    arguments->length_given = length->count() > 0;
    exit_status = run_copy(*arguments);
  });
}

}  // namespace zonecopy::tools
