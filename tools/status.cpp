// zonecopy status: what a mount has copied and how, and the limits it lives with.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "attributes.h"
#include "command.h"
#include "text.h"

namespace zonecopy::tools {
namespace {

using Json = nlohmann::ordered_json;

/// "ranges R, range blocks B, total blocks T" as an object; null for any other text.
Json copy_limits_json(const std::string& text) {
  std::array<unsigned long, 3> limits{};
  int length = 0;
  const int fields = std::sscanf(text.c_str(), "ranges %lu, range blocks %lu, total blocks %lu%n", &limits[0],
                                 &limits[1], &limits[2], &length);
  if (fields != 3 || static_cast<std::size_t>(length) != text.size()) return Json();
  Json json;
  json["max_ranges"] = limits[0];
  json["max_range_blocks"] = limits[1];
  json["max_total_blocks"] = limits[2];
  return json;
}

Json value_json(const std::string& name, const std::string& text) {
  if (name == "copy_limits") {
    const Json limits = copy_limits_json(text);
    if (!limits.is_null()) return limits;
  }
  const std::optional<std::uint64_t> number = parse_number(text);
  return number ? Json(*number) : Json(text);
}

void print_json(const Attributes& attributes) {
  Json json;
  for (const auto& [name, text] : attributes) json[name] = value_json(name, text);
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string value_text(const std::string& name, const std::string& text) {
  const std::optional<std::uint64_t> number = parse_number(text);
  if (number && name.starts_with("bytes_") && *number >= 1024) return fmt::format("{} ({})", text, human_size(*number));
  if (number == 0U && name.starts_with("max_")) return "0 (no limit)";
  return text.empty() ? "-" : text;
}

void print_text(const Attributes& attributes) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, text] : attributes) pairs.emplace_back(name, value_text(name, text));
  print_pairs(pairs);
}

int run_status(const std::string& path, bool json) {
  const Result<Attributes> attributes = read_attributes(path);
  if (!attributes) return fail(attributes.error());
  if (attributes->empty()) return fail(fmt::format("{} is no mount point of zonecopyfs", path));
  if (json) {
    print_json(*attributes);
  } else {
    print_text(*attributes);
  }
  return exit_ok;
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_status) {
  struct Arguments {
    std::string path;
    bool json = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      *app.add_subcommand("status", "Show what a mount has offloaded and emulated, its limits and options.");
  command.add_option("MOUNTPOINT", arguments->path, "directory where zonecopyfs is mounted")->required();
  command.add_flag("--json", arguments->json, "print JSON");
  command.callback([arguments, &exit_status] { exit_status = run_status(arguments->path, arguments->json); });
}

}  // namespace zonecopy::tools
