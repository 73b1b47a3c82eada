#include "tools/zonecopy/copy_plan.h"

#include <fmt/format.h>

#include <iterator>
#include <numeric>

namespace zonecopy::tools {
namespace {

std::uint64_t total_bytes(const std::vector<CopySource>& sources) {
  return std::accumulate(sources.begin(), sources.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const CopySource& source) { return sum + source.length_bytes; });
}

void add_command(std::string& text, std::size_t number, const CopyCommand& command) {
  fmt::format_to(std::back_inserter(text), "  command {}: SDLBA {}, {} blocks of {} source ranges\n", number,
                 command.destination_lba, command.blocks(), command.ranges.size());
  for (const CopyRange& range : command.ranges) {
    fmt::format_to(std::back_inserter(text), "    LBA {}, {} blocks\n", range.start_lba, range.blocks);
  }
}

Json command_json(const CopyCommand& command) {
  Json json;
  json["sdlba"] = command.destination_lba;
  json["blocks"] = command.blocks();
  Json& ranges = json["ranges"] = Json::array();
  for (const CopyRange& range : command.ranges) {
    ranges.push_back(Json{{"lba", range.start_lba}, {"blocks", range.blocks}});
  }
  return json;
}

}  // namespace

std::string plan_text(const std::vector<CopySource>& sources, const std::vector<PlannedCopy>& plans) {
  std::string text;
  for (const PlannedCopy& planned : plans) {
    const GatherPlan& plan = planned.plan;
    const std::string how = plan.commands.empty() ? "nothing of it offloaded"
                                                  : fmt::format("with {} Copy command{}{}", plan.commands.size(),
                                                                plan.commands.size() == 1 ? "" : "s",
                                                                plan.mechanism.empty() ? "" : " by " + plan.mechanism);
    fmt::format_to(std::back_inserter(text), "{}: {} bytes of {} range{} would go to offset {}, {}\n",
                   one_line(planned.name), total_bytes(sources), sources.size(), sources.size() == 1 ? "" : "s",
                   planned.offset_bytes, how);
    if (!plan.not_offloaded_because.empty()) {
      fmt::format_to(std::back_inserter(text), "  not offloaded because: {}\n", one_line(plan.not_offloaded_because));
    }
    for (std::size_t i = 0; i < plan.commands.size(); ++i) add_command(text, i + 1, plan.commands[i]);
  }
  return text;
}

Json plan_json(const std::vector<CopySource>& sources, const std::vector<PlannedCopy>& plans) {
  Json json;
  json["dry_run"] = true;
  json["bytes"] = total_bytes(sources);
  json["range_count"] = sources.size();
  Json& destinations = json["destinations"] = Json::array();
  for (const PlannedCopy& planned : plans) {
    Json destination;
    destination["destination"] = planned.name;
    destination["offset_bytes"] = planned.offset_bytes;
    destination["mechanism"] = planned.plan.mechanism.empty() ? Json() : Json(planned.plan.mechanism);
    destination["fallback_reason"] =
        planned.plan.not_offloaded_because.empty() ? Json() : Json(planned.plan.not_offloaded_because);
    Json& commands = destination["commands"] = Json::array();
    for (const CopyCommand& command : planned.plan.commands) commands.push_back(command_json(command));
    destinations.push_back(std::move(destination));
  }
  add_error(json, nullptr);
  return json;
}

}  // namespace zonecopy::tools
