#include "tools/zonecopy/copy_operand.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "src/nvme/fabrics/remote_name.h"
#include "zonecopy/size.h"

namespace zonecopy::tools {
namespace {

struct Range {
  std::uint64_t offset_bytes = 0;
  std::optional<std::uint64_t> length_bytes;
};

Error make_error(std::string_view text, std::string detail) {
  return Error(EINVAL, "copy", std::move(detail)).on_device(text);
}

/// OFFSET, OFFSET+ or OFFSET+LENGTH.
std::optional<Range> parse_range(std::string_view text) {
  const std::size_t plus = text.find('+');
  const Result<std::uint64_t> offset = parse_size(text.substr(0, plus));
  if (!offset) return std::nullopt;
  if (plus == std::string_view::npos || plus + 1 == text.size()) return Range{*offset, std::nullopt};
  const Result<std::uint64_t> length = parse_size(text.substr(plus + 1));
  if (!length) return std::nullopt;
  return Range{*offset, *length};
}

std::optional<ZoneIndex> parse_zone(std::string_view text) {
  ZoneIndex zone = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), zone);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return zone;
}

Error no_zone_error(std::string_view text, std::string_view number, const std::string& path) {
  return make_error(
      text, fmt::format("'{}' is no number of a zone: write it as in {}#3; 'zonecopy report {}' lists them", number,
                        path, path));
}

Error no_range_error(std::string_view text, std::string_view range, const CopyPlace& place) {
  return make_error(text, fmt::format("'{}' is no range: write OFFSET+LENGTH, both in bytes or with KiB, MiB, GiB or "
                                      "TiB, as in {}:64KiB+1MiB",
                                      range, place.text()));
}

struct FoundPlace {
  CopyPlace place;
  bool exists = false;
};

/// PATH or PATH#ZONE.
Result<FoundPlace> find_place(std::string_view text, const Exists& exists) {
  const CopyPlace whole{std::string(text), std::nullopt};
  if (text.empty()) return FoundPlace{whole, false};
  if (exists(whole.path)) return FoundPlace{whole, true};
  const std::size_t hash = text.rfind('#');
  if (hash == std::string_view::npos || hash == 0) return FoundPlace{whole, false};
  const std::string path(text.substr(0, hash));
  if (!exists(path)) return FoundPlace{whole, false};
  const std::string_view number = text.substr(hash + 1);
  const std::optional<ZoneIndex> zone = parse_zone(number);
  if (zone) return FoundPlace{{path, zone}, true};
  return no_zone_error(text, number, path);
}

/// NAME#ZONE[:RANGE], of a device across a network. Its name has colons of its own, and never a "#".
Result<CopyOperand> parse_remote_source(std::string_view text) {
  const std::size_t hash = std::min(text.find('#'), text.size());
  CopyOperand operand{{std::string(text.substr(0, hash)), std::nullopt}, std::nullopt, std::nullopt};
  if (hash == text.size()) return operand;
  const std::string_view behind = text.substr(hash + 1);
  const std::size_t colon = std::min(behind.find(':'), behind.size());
  operand.place.zone = parse_zone(behind.substr(0, colon));
  if (!operand.place.zone) return no_zone_error(text, behind.substr(0, colon), operand.place.path);
  if (colon == behind.size()) return operand;
  const std::optional<Range> range = parse_range(behind.substr(colon + 1));
  if (!range) return no_range_error(text, behind.substr(colon + 1), operand.place);
  operand.offset_bytes = range->offset_bytes;
  operand.length_bytes = range->length_bytes;
  return operand;
}

}  // namespace

std::string CopyPlace::text() const { return zone ? fmt::format("{}#{}", path, *zone) : path; }

Result<CopyOperand> parse_source(std::string_view text, const Exists& exists) {
  if (text.empty()) return make_error(text, "a source has an empty name");
  if (nvme::fabrics::is_remote_name(text)) return parse_remote_source(text);
  const CopyOperand as_it_stands{{std::string(text), std::nullopt}, std::nullopt, std::nullopt};
  if (exists(as_it_stands.place.path)) return as_it_stands;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const std::string_view behind = text.substr(colon + 1);
    const Result<FoundPlace> found = find_place(text.substr(0, colon), exists);
    if (!found) return found.error();
    const std::optional<Range> range = parse_range(behind);
    const bool has_path = !found->place.path.empty();
    if (range && has_path) return CopyOperand{found->place, range->offset_bytes, range->length_bytes};
    if (found->exists) return no_range_error(text, behind, found->place);
  }
  const Result<FoundPlace> found = find_place(text, exists);
  if (!found) return found.error();
  return CopyOperand{found->place, std::nullopt, std::nullopt};
}

Result<CopyPlace> parse_destination(std::string_view text, const Exists& exists) {
  if (text.empty()) return make_error(text, "the destination has an empty name");
  const Result<FoundPlace> found = find_place(text, exists);
  if (!found) return found.error();
  const std::size_t colon = text.rfind(':');
  if (!found->exists && colon != std::string_view::npos && parse_range(text.substr(colon + 1)) &&
      exists(std::string(text.substr(0, colon)))) {
    return make_error(text, "a destination has no range; --destination-offset says where to write in it");
  }
  return found->place;
}

}  // namespace zonecopy::tools
