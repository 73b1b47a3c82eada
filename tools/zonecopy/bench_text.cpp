// The tables of `zonecopy bench copy`.
#include <fmt/format.h>

#include <algorithm>

#include "tools/bench/facts.h"
#include "tools/zonecopy/bench_report.h"
#include "tools/zonecopy/text.h"

namespace zonecopy::tools {
namespace {

using benching::Case;
using benching::Outcome;
using benching::SubjectFacts;

constexpr double mebibyte = 1U << 20;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : one_line(text); }

std::string limits_text(const SubjectFacts& facts) {
  if (!facts.copy_limits.available()) return "no Copy";
  return fmt::format("MSSRL {}, MCL {}, MSRC {} (blocks of {})", facts.copy_limits.max_range_blocks,
                     facts.copy_limits.max_total_blocks, facts.copy_limits.max_ranges - 1,
                     human_size(facts.block_size_bytes));
}

std::string heading(const SubjectFacts& facts, const Outcome& outcome) {
  std::string text = fmt::format("{}: {}, model {}, firmware {}\n", one_line(facts.name), facts.kind,
                                 or_dash(facts.model), or_dash(facts.firmware));
  text += fmt::format("copies: {}; {}\n", or_dash(facts.copy_mechanism), limits_text(facts));
  if (!facts.not_offloaded_because.empty()) {
    text += fmt::format("not offloaded because: {}\n", one_line(facts.not_offloaded_because));
  }
  if (!outcome.plan) return text;
  text += fmt::format("{} jobs with one copy under way each, {} a job, zones of {}\n", outcome.plan->jobs.size(),
                      human_size(outcome.plan->job_bytes), human_size(outcome.plan->zone_bytes));
  for (const std::string& note : outcome.plan->notes) text += fmt::format("note: {}\n", note);
  return text;
}

/// "offloaded", or the parts of what was done in more than one way.
std::string path_text(const benching::Copied& copied) {
  if (copied.bytes() == 0) return "-";
  std::string text;
  const auto add = [&](std::uint64_t bytes, CopyPath path) {
    if (bytes == 0) return;
    if (!text.empty()) text += ", ";
    text += to_string(path);
    if (bytes != copied.bytes())
      text += fmt::format(" {:.1f} %", 100.0 * static_cast<double>(bytes) / static_cast<double>(copied.bytes()));
  };
  add(copied.bytes_offloaded, CopyPath::offloaded);
  add(copied.bytes_kernel, CopyPath::kernel);
  add(copied.bytes_emulated, CopyPath::emulated);
  return text;
}

std::string row(const Case& each, const Outcome& outcome) {
  const std::string name = fmt::format("{:>8} {:>6}  {:<10}", human_size(each.shape.block_bytes), each.shape.ranges,
                                       benching::to_string(each.mode));
  if (!each.not_measured_because.empty()) return fmt::format("{} {}\n", name, one_line(each.not_measured_because));
  if (each.seconds.empty()) return fmt::format("{} not measured\n", name);
  const benching::Latencies::Summary took = each.copied.latencies.summary();
  const auto us = [](std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
  const std::optional<double> ratio = ratio_to_read_write(outcome, each);
  return fmt::format("{} {:>9.1f} {:>10.0f} {:>10.0f} {:>10.0f} {:>10.0f} {:>7}  {}\n", name,
                     each.bytes_per_second() / mebibyte, each.copies_per_second(), us(took.p50_ns), us(took.p99_ns),
                     us(took.p9999_ns), ratio ? fmt::format("{:.2f}", *ratio) : "-", path_text(each.copied));
}

std::string table(const Outcome& outcome) {
  std::string text = fmt::format("{:>8} {:>6}  {:<10} {:>9} {:>10} {:>10} {:>10} {:>10} {:>7}  {}\n", "block", "ranges",
                                 "mode", "MiB/s", "copies/s", "p50 us", "p99 us", "p99.99 us", "ratio", "path");
  for (const Case& each : outcome.cases) text += row(each, outcome);
  return text;
}

}  // namespace

std::optional<double> ratio_to_read_write(const Outcome& outcome, const Case& each) {
  if (each.seconds.empty() || each.mode == benching::Mode::read_write) return std::nullopt;
  for (const Case& other : outcome.cases) {
    const bool same = other.shape.block_bytes == each.shape.block_bytes && other.shape.ranges == each.shape.ranges;
    if (!same || other.mode != benching::Mode::read_write || other.seconds.empty()) continue;
    return each.bytes_per_second() / other.bytes_per_second();
  }
  return std::nullopt;
}

const Error* error_of(const BenchSummary& summary) {
  for (const BenchResult& result : summary.results) {
    const std::optional<Error>& error = result.outcome.error;
    if (error && !(summary.interrupted && error->code() == EINTR)) return &*error;
  }
  return nullptr;
}

std::string bench_text(const BenchSummary& summary) {
  const benching::MachineFacts machine = benching::machine_facts();
  std::string text = fmt::format("{}; {} processors, {}\n", machine.kernel, machine.processors, or_dash(machine.cpu));
  for (const BenchResult& result : summary.results) {
    if (!result.facts || result.outcome.cases.empty()) continue;
    text += '\n' + heading(*result.facts, result.outcome) + table(result.outcome);
    if (summary.request.load.verify && !result.outcome.error)
      text += "verified: all copies are what their sources hold\n";
  }
  if (summary.interrupted) text += "interrupted; what was used is empty again\n";
  return text;
}

}  // namespace zonecopy::tools
