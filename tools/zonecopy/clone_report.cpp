#include "tools/zonecopy/clone_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/zonecopy/text.h"

namespace zonecopy::tools {
namespace {

using cloning::ClonePlan;
using cloning::Copied;
using cloning::Preparation;
using cloning::SkippedZone;
using cloning::ZoneDifference;
using cloning::ZoneTask;

bool of_interest(const ZoneTask& task) { return task.end_bytes > 0 || task.finish || task.reset; }

std::string steps_text(const ZoneTask& task) {
  std::string text = fmt::format("{} of data", human_size(task.end_bytes));
  if (task.reset) text = "reset it, " + text;
  const std::uint64_t left_bytes = task.bytes_to_copy();
  if (left_bytes != task.end_bytes) text += fmt::format(", {} of it to copy", human_size(left_bytes));
  if (task.finish && !task.finished) text += ", then finish it";
  return text;
}

std::string skipped_text(const CloneSummary& summary) {
  std::string text;
  for (const SkippedZone& zone : summary.clone.prepared().plan.skipped) {
    text += fmt::format("left out: {}: {}\n", summary.pair.source().zones[zone.source].name, zone.reason);
  }
  return text;
}

/// What the super block of the destination is called by, or that none was copied.
std::string super_block_text(const Preparation& prepared) {
  if (!prepared.super_block) return {};
  return fmt::format("super block: label {}, UUID {}\n",
                     prepared.super_block->label.empty() ? "none" : one_line(prepared.super_block->label),
                     zonefs::uuid_text(prepared.super_block->uuid));
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json zones_json(const CloneSummary& summary) {
  Json list = Json::array();
  for (const ZoneTask& task : summary.clone.prepared().plan.tasks) {
    if (!of_interest(task)) continue;
    Json json;
    json["source"] = summary.pair.source().zones[task.source].name;
    json["destination"] = summary.pair.destination().zones[task.destination].name;
    json["data_bytes"] = task.end_bytes;
    json["bytes_to_copy"] = task.bytes_to_copy();
    json["reset"] = task.reset;
    json["finish"] = task.finish && !task.finished;
    list.push_back(std::move(json));
  }
  return list;
}

Json skipped_json(const CloneSummary& summary) {
  Json list = Json::array();
  for (const SkippedZone& zone : summary.clone.prepared().plan.skipped) {
    const std::string& name = summary.pair.source().zones[zone.source].name;
    list.push_back(Json::object({{"source", name}, {"reason", zone.reason}}));
  }
  return list;
}

Json differences_json(const CloneSummary& summary) {
  Json list = Json::array();
  for (const ZoneDifference& each : summary.clone.differences()) {
    list.push_back(Json::object({{"source", each.source}, {"destination", each.destination}, {"what", each.what}}));
  }
  return list;
}

}  // namespace

const Error* error_of(const CloneSummary& summary) {
  return summary.error && !summary.interrupted ? &*summary.error : nullptr;
}

std::string clone_plan_text(const CloneSummary& summary) {
  const Preparation& prepared = summary.clone.prepared();
  std::string text;
  std::uint64_t zones = 0;
  for (const ZoneTask& task : prepared.plan.tasks) {
    if (!of_interest(task)) continue;
    ++zones;
    text += fmt::format("{} -> {}: {}\n", summary.pair.source().zones[task.source].name,
                        summary.pair.destination().zones[task.destination].name, steps_text(task));
  }
  text += skipped_text(summary);
  if (!prepared.resets.empty()) text += fmt::format("{} other zones would be reset\n", prepared.resets.size());
  if (!prepared.plan.same_geometry) {
    text += "the zones differ in size or number: the files keep their names, and go to other addresses\n";
  }
  text += fmt::format("in all {} zones, {} to copy, {} there already, up to {} zones at a time\n", zones,
                      human_size(prepared.to_copy_bytes), human_size(prepared.found_bytes), prepared.jobs);
  return text;
}

std::string clone_outcome_text(const CloneSummary& summary) {
  const Preparation& prepared = summary.clone.prepared();
  const Copied& copied = summary.clone.copied();
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(copied.bytes()) / std::max(summary.seconds, 1e-6));
  std::string text = fmt::format("{} bytes ({}) in {:.3f} s, {}/s{}\n", copied.bytes(), human_size(copied.bytes()),
                                 summary.seconds, human_size(rate), summary.interrupted ? ", interrupted" : "");
  text += fmt::format("offloaded {} bytes, moved by the kernel {} bytes, emulated {} bytes\n", copied.bytes_offloaded,
                      copied.bytes_kernel, copied.bytes_emulated);
  text += fmt::format("{} zones cloned, {} were there already\n", summary.clone.zones_done(),
                      human_size(prepared.found_bytes));
  if (!copied.not_offloaded_because.empty()) {
    text += fmt::format("not offloaded because: {}\n", one_line(copied.not_offloaded_because));
  }
  text += skipped_text(summary);
  if (!summary.error) text += super_block_text(prepared);
  if (!summary.verified) return text;
  if (summary.clone.differences().empty()) {
    return text +
           fmt::format("verified {} bytes: source and destination are the same\n", summary.clone.verified_bytes());
  }
  return text + fmt::format("verified {} bytes: {} zones differ\n", summary.clone.verified_bytes(),
                            summary.clone.differences().size());
}

Json clone_json(const CloneSummary& summary) {
  const Preparation& prepared = summary.clone.prepared();
  const Copied& copied = summary.clone.copied();
  Json json;
  json["source"] = summary.pair.source().name;
  json["destination"] = summary.pair.destination().name;
  json["plan_only"] = summary.plan_only;
  json["same_geometry"] = prepared.plan.same_geometry;
  json["jobs"] = prepared.jobs;
  json["bytes_to_copy"] = prepared.to_copy_bytes;
  json["bytes_there_already"] = prepared.found_bytes;
  json["zones"] = zones_json(summary);
  json["skipped"] = skipped_json(summary);
  json["zones_cloned"] = summary.clone.zones_done();
  json["bytes"] = copied.bytes();
  json["seconds"] = summary.seconds;
  json["bytes_offloaded"] = copied.bytes_offloaded;
  json["bytes_kernel"] = copied.bytes_kernel;
  json["bytes_emulated"] = copied.bytes_emulated;
  json["commands"] = copied.commands;
  json["fallback_reason"] = text_or_null(copied.not_offloaded_because);
  json["uuid"] =
      prepared.super_block && !summary.plan_only ? Json(zonefs::uuid_text(prepared.super_block->uuid)) : Json();
  json["verified"] = summary.verified ? Json(summary.clone.differences().empty()) : Json();
  json["differences"] = differences_json(summary);
  json["interrupted"] = summary.interrupted;
  add_error(json, error_of(summary));
  return json;
}

}  // namespace zonecopy::tools
