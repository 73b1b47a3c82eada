#include "tools/zonecopy/json.h"
#include "tools/zonecopy/report.h"

namespace zonecopy::tools {
namespace {

Json copy_json(const DeviceInfo& info) {
  Json copy;
  copy["path"] = to_string(info.copy_path());
  copy["available"] = info.copy_limits.available();
  copy["mechanism"] = info.copy_mechanism.empty() ? Json() : Json(info.copy_mechanism);
  copy["unavailable_because"] = info.copy_unavailable.empty() ? Json() : Json(info.copy_unavailable);
  copy["moves_data_because"] = info.copy_moves_data.empty() ? Json() : Json(info.copy_moves_data);
  copy["max_ranges"] = info.copy_limits.max_ranges;
  copy["max_range_bytes"] = std::uint64_t{info.copy_limits.max_range_blocks} * info.block_size_bytes;
  copy["max_total_bytes"] = std::uint64_t{info.copy_limits.max_total_blocks} * info.block_size_bytes;
  return copy;
}

Json zone_json(const Zone& zone, std::uint64_t block_size_bytes) {
  Json json;
  json["index"] = zone.index;
  json["type"] = to_string(zone.type);
  json["condition"] = to_string(zone.condition);
  json["start_bytes"] = zone.start_lba * block_size_bytes;
  json["length_bytes"] = zone.length_blocks * block_size_bytes;
  json["capacity_bytes"] = zone.capacity_blocks * block_size_bytes;
  json["write_pointer_bytes"] = has_write_pointer(zone) ? Json(zone.write_pointer_lba * block_size_bytes) : Json();
  return json;
}

Json piece_json(const DevicePiece& piece) {
  Json json;
  json["device"] = piece.path;
  json["first_zone"] = piece.first_zone;
  json["zone_count"] = piece.zone_count;
  json["first_zone_below"] = piece.first_zone_below;
  return json;
}

Json report_json(const Inspection& device) {
  const DeviceInfo& info = device.info;
  Json json;
  json["device"] = info.path;
  json["kind"] = to_string(info.kind);
  json["block_size_bytes"] = info.block_size_bytes;
  json["capacity_bytes"] = info.capacity_blocks * info.block_size_bytes;
  json["zone_size_bytes"] = info.zone_size_blocks * info.block_size_bytes;
  json["zone_count"] = info.zone_count;
  json["max_open_zones"] = info.resource_limits.max_open_zones;
  json["max_active_zones"] = info.resource_limits.max_active_zones;
  json["copy"] = copy_json(info);
  json["pieces"] = Json::array();
  for (const DevicePiece& piece : info.pieces) json["pieces"].push_back(piece_json(piece));
  json["zones"] = Json::array();
  for (const Zone& zone : device.zones) json["zones"].push_back(zone_json(zone, info.block_size_bytes));
  return json;
}

}  // namespace

void print_report_json(const std::vector<Inspection>& devices) {
  if (devices.size() == 1) {
    print_json(report_json(devices.front()));
    return;
  }
  Json json;
  json["devices"] = Json::array();
  for (const Inspection& device : devices) json["devices"].push_back(report_json(device));
  print_json(json);
}

}  // namespace zonecopy::tools
