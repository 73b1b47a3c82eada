#include <fmt/format.h>

#include <algorithm>

#include "tools/zonecopy/report.h"
#include "tools/zonecopy/text.h"
#include "zonecopy/copy.h"

namespace zonecopy::tools {
namespace {

std::string_view colour_of(ZoneCondition condition) {
  switch (condition) {
    case ZoneCondition::not_write_pointer: return "";
    case ZoneCondition::empty: return "\033[2m";
    case ZoneCondition::implicit_open:
    case ZoneCondition::explicit_open: return "\033[32m";
    case ZoneCondition::closed: return "\033[36m";
    case ZoneCondition::full: return "\033[34m";
    case ZoneCondition::read_only: return "\033[33m";
    case ZoneCondition::offline: return "\033[31m";
  }
  return "";
}

std::string copy_text(const DeviceInfo& info) {
  const CopyLimits& limits = info.copy_limits;
  if (!limits.available()) {
    const std::string& reason = info.copy_unavailable;
    return fmt::format("not available: {}", reason.empty() ? "the device has no Copy" : reason);
  }
  const auto size = [&info](std::uint64_t blocks) { return human_size(blocks * info.block_size_bytes); };
  return fmt::format("{}; a command has at most {} ranges of {}, and {} in all",
                     describe_copies(info, CopyMode::automatic), limits.max_ranges, size(limits.max_range_blocks),
                     size(limits.max_total_blocks));
}

void print_header(const Inspection& device) {
  const DeviceInfo& info = device.info;
  const auto is_conventional = [](const Zone& zone) { return !zone.sequential(); };
  const auto conventional = std::count_if(device.zones.begin(), device.zones.end(), is_conventional);
  fmt::print("{}: {}, {}, {}-byte blocks, {} zones of {} ({} conventional), max open {}, max active {}\n", info.path,
             to_string(info.kind), human_size(info.capacity_blocks * info.block_size_bytes), info.block_size_bytes,
             info.zone_count, human_size(info.zone_size_blocks * info.block_size_bytes), conventional,
             limit_text(info.resource_limits.max_open_zones), limit_text(info.resource_limits.max_active_zones));
  for (const DevicePiece& piece : info.pieces) {
    fmt::print("zones {} to {}: on {} from its zone {} on\n", piece.first_zone, piece.first_zone + piece.zone_count - 1,
               piece.path, piece.first_zone_below);
  }
  fmt::print("copy: {}\n", copy_text(info));
  fmt::print("zones by their index on the device; positions and lengths in bytes\n");
}

std::string write_pointer_text(const Zone& zone, std::uint64_t block_size_bytes) {
  return has_write_pointer(zone) ? fmt::format("{}", zone.write_pointer_lba * block_size_bytes) : "-";
}

}  // namespace

bool has_write_pointer(const Zone& zone) {
  return zone.sequential() && (zone.condition == ZoneCondition::empty || is_active(zone.condition));
}

void print_report(const Inspection& device, bool colours) {
  print_header(device);
  const std::uint64_t block_bytes = device.info.block_size_bytes;
  // As wide as the largest address, so that columns stay aligned on devices of any size.
  const std::size_t width =
      std::max<std::size_t>(8, fmt::format("{}", device.info.capacity_blocks * block_bytes).size());
  constexpr const char* columns = "{:>6}  {:<20}  {}{:<17}{}  {:>{}}  {:>{}}  {:>{}}  {:>13}\n";
  fmt::print(columns, "zone", "type", "", "condition", "", "start", width, "length", width, "capacity", width,
             "write pointer");
  for (const Zone& zone : device.zones) {
    const std::string_view colour = colours ? colour_of(zone.condition) : "";
    fmt::print(columns, zone.index, to_string(zone.type), colour, to_string(zone.condition),
               colour.empty() ? "" : "\033[0m", zone.start_lba * block_bytes, width, zone.length_blocks * block_bytes,
               width, zone.capacity_blocks * block_bytes, width, write_pointer_text(zone, block_bytes));
  }
}

}  // namespace zonecopy::tools
