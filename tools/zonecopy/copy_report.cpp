#include "tools/zonecopy/copy_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/zonecopy/text.h"

namespace zonecopy::tools {
namespace {

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string ways_text(const GatherReport& report) {
  std::string text;
  for (const GatherWay way : report.ways) text += fmt::format("{}{}", text.empty() ? "" : ", ", to_string(way));
  return text;
}

/// Where a copy stopped that a signal or an error ended.
std::string stop_text(const GatherReport& report, const std::vector<CopySource>& sources) {
  if (!report.failed_range || *report.failed_range >= sources.size()) return {};
  const std::size_t number = *report.failed_range;
  const CopySource& source = sources[number];
  return fmt::format(
      "stopped in range {} (of {}), {}: {} of its {} bytes are copied, and all of the ranges before it\n", number,
      sources.size(), one_line(source.text()), report.range_bytes.at(number), source.length_bytes);
}

std::string verification_text(const CopySummary& summary, const CopyOutcome& outcome) {
  if (summary.verify && summary.interrupted && !outcome.verification) return "not verified, since it was interrupted\n";
  if (!outcome.verification || outcome.verification->error) return {};
  const Verification& verification = *outcome.verification;
  if (!verification.differences.empty()) {
    return fmt::format("verified {} bytes: {} differ\n", verification.bytes,
                       counted(verification.differences.size(), "range"));
  }
  return fmt::format("verified {} bytes: source and destination are the same\n", verification.bytes);
}

std::string outcome_text(const CopySummary& summary, const CopyOutcome& outcome) {
  const GatherReport& report = outcome.report;
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(report.bytes) / std::max(summary.seconds, 1e-6));
  std::string text = fmt::format("{} bytes ({}) in {:.3f} s, {}/s{}\n", report.bytes, human_size(report.bytes),
                                 summary.seconds, human_size(rate), summary.interrupted ? ", interrupted" : "");
  const bool by_mechanism = report.bytes_offloaded > 0 && !summary.mechanism.empty();
  text += fmt::format("offloaded {} bytes{}, moved by the kernel {} bytes, emulated {} bytes\n", report.bytes_offloaded,
                      by_mechanism ? " by " + summary.mechanism : "", report.bytes_kernel, report.bytes_emulated);
  text += fmt::format("{} from offset {} on, {}{}\n", counted(summary.sources.size(), "range"), report.offset_bytes,
                      counted(report.commands, "Copy command"),
                      report.ways.empty() ? "" : fmt::format(", by {}", ways_text(report)));
  if (!report.not_offloaded_because.empty()) {
    text += fmt::format("not offloaded because: {}\n", one_line(report.not_offloaded_because));
  }
  return text + stop_text(report, summary.sources) + verification_text(summary, outcome);
}

std::string indented(const std::string& text) {
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    result += "  " + text.substr(begin, end - begin) + '\n';
    begin = end + 1;
  }
  return result;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json verified_json(const CopyOutcome& outcome) {
  if (!outcome.verification || outcome.verification->error) return {};
  return outcome.verification->differences.empty();
}

Json differences_json(const CopyOutcome& outcome) {
  Json list = Json::array();
  if (!outcome.verification) return list;
  for (const Difference& difference : outcome.verification->differences) {
    Json json;
    json["range"] = difference.range;
    json["destination_offset_bytes"] = difference.offset_bytes;
    json["source_xxh3"] = fmt::format("{:016x}", difference.source_hash);
    json["destination_xxh3"] = fmt::format("{:016x}", difference.target_hash);
    list.push_back(std::move(json));
  }
  return list;
}

void add_ways(Json& json, std::uint64_t bytes, const GatherReport& report) {
  json["bytes"] = bytes;
  json["bytes_offloaded"] = report.bytes_offloaded;
  json["bytes_kernel"] = report.bytes_kernel;
  json["bytes_emulated"] = report.bytes_emulated;
  json["fallback_reason"] = text_or_null(report.not_offloaded_because);
}

Json outcome_json(const CopyOutcome& outcome) {
  const GatherReport& report = outcome.report;
  const std::optional<Error> error = outcome.error();
  Json json;
  json["destination"] = outcome.name;
  json["offset_bytes"] = report.offset_bytes;
  add_ways(json, report.bytes, report);
  json["commands"] = report.commands;
  Json& ways = json["ways"] = Json::array();
  for (const GatherWay way : report.ways) ways.push_back(to_string(way));
  json["failed_range"] = report.failed_range ? Json(*report.failed_range) : Json();
  add_error(json, error ? &*error : nullptr);
  json["verified"] = verified_json(outcome);
  json["differences"] = differences_json(outcome);
  json["range_bytes"] = report.range_bytes;
  return json;
}

Json sources_json(const std::vector<CopySource>& sources) {
  Json list = Json::array();
  for (const CopySource& source : sources) {
    Json json;
    json["source"] = source.file->file->name();
    json["offset_bytes"] = source.range.offset_bytes;
    json["length_bytes"] = source.length_bytes;
    list.push_back(std::move(json));
  }
  return list;
}

/// The sums over all destinations, and the first reason and the first error.
struct Sums {
  GatherReport report;
  std::optional<Error> error;
};

Sums sum_up(const CopySummary& summary) {
  Sums sums;
  for (const CopyOutcome& outcome : summary.outcomes) {
    const GatherReport& report = outcome.report;
    sums.report.bytes += report.bytes;
    sums.report.bytes_offloaded += report.bytes_offloaded;
    sums.report.bytes_kernel += report.bytes_kernel;
    sums.report.bytes_emulated += report.bytes_emulated;
    sums.report.commands += report.commands;
    if (sums.report.not_offloaded_because.empty()) sums.report.not_offloaded_because = report.not_offloaded_because;
    if (!sums.error) sums.error = outcome.error() ? outcome.error() : verify_error(outcome, summary.sources);
  }
  return sums;
}

Json frame_json(const Sums& sums, double seconds, bool interrupted) {
  Json json;
  json["bytes"] = sums.report.bytes;
  json["seconds"] = seconds;
  add_ways(json, sums.report.bytes, sums.report);
  json["interrupted"] = interrupted;
  add_error(json, sums.error ? &*sums.error : nullptr);
  json["commands"] = sums.report.commands;
  return json;
}

}  // namespace

std::optional<Error> CopyOutcome::error() const {
  if (report.error) return report.error;
  return verification ? verification->error : std::nullopt;
}

std::optional<Error> verify_error(const CopyOutcome& outcome, const std::vector<CopySource>& sources) {
  if (!outcome.verification || outcome.verification->differences.empty()) return std::nullopt;
  const std::vector<Difference>& differences = outcome.verification->differences;
  const Difference& first = differences.front();
  const std::string more =
      differences.size() == 1 ? "" : fmt::format("; {} more", counted(differences.size() - 1, "range"));
  return Error(
             EIO, "verify",
             fmt::format("range {} (of {}), {}, is not the same at offset {}: xxh3 {:016x}, and {:016x} in the copy{}",
                         first.range, sources.size(), sources.at(first.range).text(), first.offset_bytes,
                         first.source_hash, first.target_hash, more))
      .on_device(outcome.name);
}

std::string copy_text(const CopySummary& summary) {
  std::string text;
  for (const CopyOutcome& outcome : summary.outcomes) {
    if (outcome.report.error && outcome.report.bytes == 0) continue;  // only the error is printed
    const std::string part = outcome_text(summary, outcome);
    text += summary.outcomes.size() == 1 ? part : fmt::format("{}:\n{}", one_line(outcome.name), indented(part));
  }
  return text;
}

Json copy_json(const CopySummary& summary) {
  Json json = frame_json(sum_up(summary), summary.seconds, summary.interrupted);
  json["mechanism"] = text_or_null(summary.mechanism);
  json["ranges"] = sources_json(summary.sources);
  Json& destinations = json["destinations"] = Json::array();
  for (const CopyOutcome& outcome : summary.outcomes) destinations.push_back(outcome_json(outcome));
  return json;
}

Json refusal_json(const Error& error) {
  Json json = frame_json(Sums{{}, error}, 0, false);
  json["mechanism"] = Json();
  json["ranges"] = Json::array();
  json["destinations"] = Json::array();
  return json;
}

}  // namespace zonecopy::tools
