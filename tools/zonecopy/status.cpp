// zonecopy status: what a mount has copied and how, and the limits it lives with.
#include <fmt/format.h>

#include "tools/zonecopy/attributes.h"
#include "tools/zonecopy/command.h"
#include "tools/zonecopy/json.h"
#include "tools/zonecopy/text.h"
#include "zonefs/host/mounted_device.h"

namespace zonecopy::tools {
namespace {

using zonefs::BytesFrom;
using zonefs::CopyLimitsInBytes;
using zonefs::StatusType;

struct JsonWriter {
  Json operator()(const std::string& text) const { return text; }
  Json operator()(std::uint64_t number) const { return number; }
  Json operator()(bool yes) const { return yes; }
  Json operator()(const CopyLimitsInBytes& limits) const {
    Json json;
    json["max_ranges"] = limits.ranges;
    json["max_range_bytes"] = limits.range_bytes;
    json["max_total_bytes"] = limits.total_bytes;
    return json;
  }
  Json operator()(const std::vector<BytesFrom>& all) const {
    Json json = Json::object();
    for (const BytesFrom& bytes : all) {
      json[bytes.device]["offloaded"] = bytes.offloaded;
      json[bytes.device]["kernel"] = bytes.kernel;
      json[bytes.device]["emulated"] = bytes.emulated;
    }
    return json;
  }
};

Json value_json(const Attribute& attribute) {
  return attribute.value ? std::visit(JsonWriter(), *attribute.value) : Json();
}

std::string bytes_text(std::uint64_t bytes) {
  return bytes < 1024 ? fmt::format("{}", bytes) : fmt::format("{} ({})", bytes, human_size(bytes));
}

std::string value_text(const Attribute& attribute) {
  if (!attribute.value) return "?";
  const StatusType type = attribute.record.type;
  if (type == StatusType::boolean) return std::get<bool>(*attribute.value) ? "yes" : "no";
  if (type == StatusType::bytes) return bytes_text(std::get<std::uint64_t>(*attribute.value));
  if (type == StatusType::limit && std::get<std::uint64_t>(*attribute.value) == 0) return "0 (no limit)";
  const std::string text = zonefs::to_text(*attribute.value);
  return text.empty() ? "-" : text;
}

Json status_json(const Attributes& attributes) {
  Json object;
  for (const Attribute& attribute : attributes) object[std::string(attribute.record.name)] = value_json(attribute);
  return object;
}

void print_status(const Attributes& attributes) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Attribute& attribute : attributes) pairs.emplace_back(attribute.record.name, value_text(attribute));
  print_pairs(pairs);
}

int run_status(const std::string& path, bool json) {
  std::vector<Attributes> devices;
  for (const std::string& folder : zonefs::device_folders(path)) {
    Result<Attributes> attributes = read_attributes(folder);
    if (!attributes) return refuse(attributes.error(), json);
    if (attributes->empty()) {
      Error error(EINVAL, "status", "this is no mount point of zonecopyfs, nor the folder of a device in one");
      return refuse(error.on_device(path), json);
    }
    devices.push_back(std::move(*attributes));
  }
  const bool several = devices.size() > 1;
  if (json && several) {
    Json object;
    for (const Attributes& attributes : devices) object["devices"].push_back(status_json(attributes));
    print_json(object);
  } else if (json) {
    print_json(status_json(devices.front()));
  } else {
    for (std::size_t i = 0; i < devices.size(); ++i) {
      if (i > 0) fmt::print("\n");
      print_status(devices[i]);
    }
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
  command
      .add_option("MOUNTPOINT", arguments->path,
                  "directory where zonecopyfs is mounted, or the folder of a device in it")
      ->required();
  command.add_flag("--json", arguments->json, "print JSON");
  command.callback([arguments, &exit_status] { exit_status = run_status(arguments->path, arguments->json); });
}

}  // namespace zonecopy::tools
