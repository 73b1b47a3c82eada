#include "tools/zonecopy/compact_report.h"

#include <map>

#include "tools/zonecopy/interrupt.h"
#include "tools/zonecopy/text.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {
namespace {

using compact::Filling;
using compact::LeftAlone;
using compact::PlannedVictim;
using compact::PlanTotals;
using compact::Round;
using zonefs::print;

std::map<compact::ZoneNumber, std::uint64_t> extents_by_victim(const Round& round) {
  std::map<compact::ZoneNumber, std::uint64_t> counts;
  for (const Filling& filling : round.fillings) {
    for (const compact::Move& move : filling.moves) ++counts[move.old_zone];
  }
  return counts;
}

void print_round(const Round& round) {
  auto extents = extents_by_victim(round);
  for (const PlannedVictim& victim : round.victims) {
    print("  empty {}: {} of {} live, {} extents\n", compact::name_of(victim.zone), human_size(victim.live_bytes),
          human_size(victim.size_bytes), extents[victim.zone]);
  }
  for (const Filling& filling : round.fillings) {
    print("  fill {} from {} to {}{}\n", compact::name_of(filling.zone), filling.start_bytes, filling.end_bytes(),
          filling.finish ? ", then finish it" : "");
  }
}

Json victim_json(const PlannedVictim& victim, std::uint64_t extents) {
  Json json;
  json["file"] = compact::name_of(victim.zone);
  json["size_bytes"] = victim.size_bytes;
  json["live_bytes"] = victim.live_bytes;
  json["extents"] = extents;
  return json;
}

Json filling_json(const Filling& filling) {
  Json json;
  json["file"] = compact::name_of(filling.zone);
  json["start_bytes"] = filling.start_bytes;
  json["end_bytes"] = filling.end_bytes();
  json["finish"] = filling.finish;
  return json;
}

Json round_json(const Round& round) {
  auto extents = extents_by_victim(round);
  Json json;
  json["victims"] = Json::array();
  for (const PlannedVictim& victim : round.victims) {
    json["victims"].push_back(victim_json(victim, extents[victim.zone]));
  }
  json["destinations"] = Json::array();
  for (const Filling& filling : round.fillings) json["destinations"].push_back(filling_json(filling));
  return json;
}

Json left_json(const std::vector<LeftAlone>& zones) {
  Json json = Json::array();
  for (const LeftAlone& zone : zones) {
    json.push_back(Json::object({{"file", compact::name_of(zone.zone)}, {"reason", zone.reason}}));
  }
  return json;
}

Json plan_json(const CompactReport& report) {
  const PlanTotals totals = totals_of(report.plan);
  Json json;
  json["victims"] = totals.victims;
  json["destinations"] = totals.filled_zones;
  json["extents"] = totals.extents;
  json["bytes"] = totals.bytes;
  json["left_alone"] = left_json(report.left_alone);
  json["rounds_before"] = report.rounds_before;
  json["rounds"] = Json::array();
  for (const Round& round : report.plan.rounds) json["rounds"].push_back(round_json(round));
  return json;
}

void print_copied(const compact::CopyTotals& copied, double seconds) {
  print("copied {} bytes ({}) in {:.3f} s: offloaded {} bytes, moved by the kernel {} bytes, emulated {} bytes\n",
        copied.bytes, human_size(copied.bytes), seconds, copied.bytes_offloaded, copied.bytes_kernel,
        copied.bytes_emulated);
  if (!copied.not_offloaded_because.empty()) {
    print("not offloaded because: {}\n", one_line(copied.not_offloaded_because));
  }
}

}  // namespace

void print_plan(const CompactReport& report) {
  if (report.resumed) {
    print("going on with {}, of which {} of {} rounds are in the map\n", one_line(compact::plan_name(report.map_path)),
          report.rounds_before, report.plan.rounds.size());
  }
  for (std::size_t i = 0; i < report.plan.rounds.size(); ++i) {
    print("round {}\n", i + 1);
    print_round(report.plan.rounds[i]);
  }
  for (const LeftAlone& zone : report.left_alone) {
    print("left alone: {}: {}\n", compact::name_of(zone.zone), zone.reason);
  }
  const PlanTotals totals = totals_of(report.plan);
  print("in all {} zones to empty and {} to fill, by copying {} in {} extents\n", totals.victims, totals.filled_zones,
        human_size(totals.bytes), totals.extents);
}

void print_outcome(const CompactReport& report) {
  const compact::Outcome& outcome = report.outcome;
  if (outcome.copied.bytes > 0) print_copied(outcome.copied, report.seconds);
  if (outcome.error) return;
  print("reset {} zones; the map is {}\n", outcome.victims.reset.size(), one_line(report.map_path));
}

void print_compact_json(const CompactReport& report) {
  const compact::Outcome& outcome = report.outcome;
  Json json;
  json["plan"] = plan_json(report);
  json["dry_run"] = report.dry_run;
  json["resumed"] = report.resumed;
  json["map"] = report.map_path;
  json["bytes"] = outcome.copied.bytes;
  json["seconds"] = report.seconds;
  json["bytes_offloaded"] = outcome.copied.bytes_offloaded;
  json["bytes_kernel"] = outcome.copied.bytes_kernel;
  json["bytes_emulated"] = outcome.copied.bytes_emulated;
  json["commands"] = outcome.copied.commands;
  json["fallback_reason"] =
      outcome.copied.not_offloaded_because.empty() ? Json() : Json(outcome.copied.not_offloaded_because);
  json["reset"] = Json::array();
  for (const compact::ZoneNumber zone : outcome.victims.reset) json["reset"].push_back(compact::name_of(zone));
  json["not_reset"] = left_json(outcome.victims.left_alone);
  json["interrupted"] = interrupted();
  add_error(json, outcome.error ? &*outcome.error : nullptr);
  print_json(json);
}

}  // namespace zonecopy::tools
