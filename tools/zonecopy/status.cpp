// zonecopy status: what a mount has copied and how, and the limits it lives with.
#include <fmt/format.h>

#include <cstdio>

#include "tools/zonecopy/attributes.h"
#include "tools/zonecopy/command.h"
#include "tools/zonecopy/json.h"
#include "tools/zonecopy/text.h"

namespace zonecopy::tools {
namespace {

using zonefs::AttributeKind;

/// The three numbers of an attribute of kind copy_limits; nothing for any other text.
struct CopyLimitsText {
  unsigned long ranges = 0;
  unsigned long range_bytes = 0;
  unsigned long total_bytes = 0;
};
std::optional<CopyLimitsText> parse_copy_limits(const std::string& text) {
  CopyLimitsText limits;
  int length = 0;
  const int fields = std::sscanf(text.c_str(), "ranges %lu, range bytes %lu, total bytes %lu%n", &limits.ranges,
                                 &limits.range_bytes, &limits.total_bytes, &length);
  if (fields != 3 || static_cast<std::size_t>(length) != text.size()) return std::nullopt;
  return limits;
}

Json value_json(const Attribute& attribute) {
  if (attribute.kind == AttributeKind::text) return Json(attribute.value);
  if (attribute.kind == AttributeKind::boolean) return Json(attribute.value == "1");
  if (attribute.kind == AttributeKind::copy_limits) {
    const std::optional<CopyLimitsText> limits = parse_copy_limits(attribute.value);
    if (!limits) return Json(attribute.value);
    Json json;
    json["max_ranges"] = limits->ranges;
    json["max_range_bytes"] = limits->range_bytes;
    json["max_total_bytes"] = limits->total_bytes;
    return json;
  }
  const std::optional<std::uint64_t> number = parse_number(attribute.value);
  return number ? Json(*number) : Json(attribute.value);
}

std::string bytes_text(std::uint64_t bytes) {
  return bytes < 1024 ? fmt::format("{}", bytes) : fmt::format("{} ({})", bytes, human_size(bytes));
}

std::string value_text(const Attribute& attribute) {
  const std::optional<std::uint64_t> number = parse_number(attribute.value);
  if (attribute.kind == AttributeKind::boolean) return attribute.value == "1" ? "yes" : "no";
  if (attribute.kind == AttributeKind::bytes && number) return bytes_text(*number);
  if (attribute.kind == AttributeKind::limit && number == 0U) return "0 (no limit)";
  return attribute.value.empty() ? "-" : attribute.value;
}

int run_status(const std::string& path, bool json) {
  const Result<Attributes> attributes = read_attributes(path);
  if (!attributes) return refuse(attributes.error(), json);
  if (attributes->empty()) {
    return refuse(Error(EINVAL, "status", "this is no mount point of zonecopyfs").on_device(path), json);
  }
  if (json) {
    Json object;
    for (const Attribute& attribute : *attributes) object[std::string(attribute.name)] = value_json(attribute);
    print_json(object);
  } else {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const Attribute& attribute : *attributes) pairs.emplace_back(attribute.name, value_text(attribute));
    print_pairs(pairs);
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
  CLI::App& command = *app.add_subcommand("status", "Show what a mount has copied, and how; its limits and options.");
  command.add_option("MOUNTPOINT", arguments->path, "directory where zonecopyfs is mounted")->required();
  command.add_flag("--json", arguments->json, "print JSON");
  command.callback([arguments, &exit_status] { exit_status = run_status(arguments->path, arguments->json); });
}

}  // namespace zonecopy::tools
