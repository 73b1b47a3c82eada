// The JSON of `zonecopy bench copy`. What is not known is null.
#include "tools/bench/facts.h"
#include "tools/zonecopy/bench_report.h"

namespace zonecopy::tools {
namespace {

using benching::Case;
using benching::SubjectFacts;

constexpr int format_version = 1;

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json machine_json() {
  const benching::MachineFacts machine = benching::machine_facts();
  Json json;
  json["kernel"] = machine.kernel;
  json["cpu"] = text_or_null(machine.cpu);
  json["processors"] = machine.processors;
  return json;
}

Json load_json(const benching::Load& load) {
  Json json;
  json["jobs"] = load.jobs;
  json["job_bytes"] = load.job_bytes;
  json["rounds"] = load.rounds;
  json["random"] = load.random;
  json["seed"] = load.seed;
  json["verify"] = load.verify;
  return json;
}

Json device_json(const SubjectFacts& facts) {
  Json json;
  json["kind"] = facts.kind;
  json["devices"] = facts.devices;
  json["model"] = text_or_null(facts.model);
  json["firmware"] = text_or_null(facts.firmware);
  json["transport"] = text_or_null(facts.transport);
  json["block_size_bytes"] = facts.block_size_bytes;
  json["sequential_zones"] = facts.zone_count;
  json["zone_capacity_bytes"] = facts.zone_capacity_bytes;
  json["max_open_zones"] = facts.limits.max_open_zones;
  json["max_active_zones"] = facts.limits.max_active_zones;
  json["copy_mechanism"] = text_or_null(facts.copy_mechanism);
  json["not_offloaded_because"] = text_or_null(facts.not_offloaded_because);
  const bool copies = facts.copy_limits.available();
  json["mssrl"] = copies ? Json(facts.copy_limits.max_range_blocks) : Json();
  json["mcl"] = copies ? Json(facts.copy_limits.max_total_blocks) : Json();
  json["msrc"] = copies ? Json(facts.copy_limits.max_ranges - 1) : Json();
  return json;
}

Json latency_json(const benching::Latencies& latencies) {
  if (latencies.count() == 0) return {};
  const benching::Latencies::Summary summary = latencies.summary();
  const auto us = [](std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
  return Json::object({{"p50", us(summary.p50_ns)},
                       {"p99", us(summary.p99_ns)},
                       {"p99.99", us(summary.p9999_ns)},
                       {"max", us(summary.max_ns)}});
}

Json used_json(const benching::Counters& used) {
  return Json::object({{"own_cpu_seconds", used.own_cpu_seconds},
                       {"processes_cpu_seconds", used.processes_cpu_seconds},
                       {"machine_cpu_seconds", used.machine_cpu_seconds},
                       {"received_bytes", used.received_bytes},
                       {"sent_bytes", used.sent_bytes}});
}

Json case_json(const benching::Outcome& outcome, const Case& each, bool verify) {
  const std::optional<double> ratio = ratio_to_read_write(outcome, each);
  const bool measured = !each.seconds.empty();
  Json json;
  json["block_bytes"] = each.shape.block_bytes;
  json["ranges"] = each.shape.ranges;
  json["mode"] = benching::to_string(each.mode);
  json["not_measured_because"] = text_or_null(each.not_measured_because);
  json["seconds"] = each.seconds;
  json["flush_seconds"] = each.flush_seconds;
  json["copies"] = each.copied.copies;
  json["bytes"] = each.copied.bytes();
  json["mib_per_second"] = measured ? Json(each.bytes_per_second() / (1 << 20)) : Json();
  json["copies_per_second"] = measured ? Json(each.copies_per_second()) : Json();
  json["ratio_to_read_write"] = ratio ? Json(*ratio) : Json();
  json["latency_us"] = latency_json(each.copied.latencies);
  json["bytes_offloaded"] = each.copied.bytes_offloaded;
  json["bytes_kernel"] = each.copied.bytes_kernel;
  json["bytes_emulated"] = each.copied.bytes_emulated;
  json["commands"] = each.copied.commands;
  json["not_offloaded_because"] = text_or_null(each.copied.not_offloaded_because);
  json["used"] = used_json(each.used);
  json["verified"] = verify ? Json(each.verified) : Json();
  return json;
}

Json result_json(const BenchResult& result, bool verify) {
  Json json;
  json["name"] = result.name;
  json["device"] = result.facts ? device_json(*result.facts) : Json();
  const std::optional<benching::Plan>& plan = result.outcome.plan;
  json["jobs"] = plan ? Json(plan->jobs.size()) : Json();
  json["job_bytes"] = plan ? Json(plan->job_bytes) : Json();
  json["notes"] = plan ? Json(plan->notes) : Json::array();
  json["cases"] = Json::array();
  for (const Case& each : result.outcome.cases) json["cases"].push_back(case_json(result.outcome, each, verify));
  add_error(json, result.outcome.error ? &*result.outcome.error : nullptr);
  return json;
}

}  // namespace

Json bench_json(const BenchSummary& summary) {
  Json json;
  json["format"] = format_version;
  json["zonecopy"] = ZONECOPY_VERSION;
  json["machine"] = machine_json();
  json["load"] = load_json(summary.request.load);
  json["targets"] = Json::array();
  for (const BenchResult& result : summary.results) {
    json["targets"].push_back(result_json(result, summary.request.load.verify));
  }
  json["interrupted"] = summary.interrupted;
  add_error(json, error_of(summary));
  return json;
}

}  // namespace zonecopy::tools
