#include "tools/compact/live_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "zonecopy/size.h"

namespace zonecopy::compact {
namespace {

using Json = nlohmann::json;

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view blanks_and_newlines = " \t\r\n";
constexpr std::string_view folder = "seq/";
/// A name in a message is cut here: garbage may be long.
constexpr std::size_t shown_max_bytes = 80;

Error make_error(const std::string& detail) { return Error(EINVAL, "read the live list", detail); }

std::string shown(std::string_view text) {
  return fmt::format("'{}'{}", text.substr(0, shown_max_bytes), text.size() > shown_max_bytes ? "..." : "");
}

std::string_view trimmed(std::string_view text, std::string_view away) {
  const std::size_t begin = text.find_first_not_of(away);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(away) - begin + 1);
}

/// The last word of `text`, which is cut off. The words before may be a path with blanks.
std::string_view take_last_word(std::string_view& text) {
  const std::size_t blank = text.find_last_of(blanks);
  const std::size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  const std::string_view word = text.substr(begin);
  text = trimmed(text.substr(0, begin), blanks);
  return word;
}

Result<LiveExtent> from_words(std::string_view line, std::span<const std::string> mount_points) {
  const std::string_view length_text = take_last_word(line);
  const std::string_view offset_text = take_last_word(line);
  if (line.empty()) return make_error("a line is FILE OFFSET LENGTH, as in seq/12 8192 64K");
  const Result<ZoneNumber> zone = parse_zone_name(line, mount_points);
  if (!zone) return zone.error();
  const Result<std::uint64_t> offset = parse_size(offset_text);
  if (!offset) return make_error("the offset: " + offset.error().detail());
  const Result<std::uint64_t> length = parse_size(length_text);
  if (!length) return make_error("the length: " + length.error().detail());
  return LiveExtent{*zone, *offset, *length, 0};
}

Result<LiveExtent> from_json(const Json& object, std::span<const std::string> mount_points) {
  const bool whole = object.is_object() && object.contains("file") && object["file"].is_string() &&
                     object.contains("offset") && object["offset"].is_number_unsigned() && object.contains("length") &&
                     object["length"].is_number_unsigned();
  if (!whole) {
    return make_error(
        "an extent is an object whose members are a text \"file\", and \"offset\" and \"length\", numbers of bytes");
  }
  const Result<ZoneNumber> zone = parse_zone_name(object["file"].get_ref<const std::string&>(), mount_points);
  if (!zone) return zone.error();
  return LiveExtent{*zone, object["offset"].get<std::uint64_t>(), object["length"].get<std::uint64_t>(), 0};
}

/// Parses, and notices a member that an object has twice: the parser itself keeps the last one without a word, which may
/// be the shorter one of two lengths.
class ParsedJson {
 public:
  /// What cannot be parsed is discarded, or, with `allow_exceptions`, Json::parse_error is thrown.
  explicit ParsedJson(std::string_view text, bool allow_exceptions = false)
      : json_(Json::parse(
            text, [this](int, Json::parse_event_t event, Json& parsed) { return look_at(event, parsed); },
            allow_exceptions)) {}

  [[nodiscard]] const Json& json() const { return json_; }
  [[nodiscard]] const std::optional<Error>& doubled() const { return doubled_; }
  /// In which of the outermost objects it is, from 1.
  [[nodiscard]] std::size_t doubled_in() const { return doubled_in_; }

 private:
  bool look_at(Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      if (names_.empty()) ++objects_;
      names_.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      names_.pop_back();
    } else if (event == Json::parse_event_t::key && !doubled_) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names_.back().insert(name).second) {
        doubled_ = make_error(fmt::format("the member {} is there twice", shown(name)));
        doubled_in_ = objects_;
      }
    }
    return true;
  }

  // Before the value, whose parser uses them.
  std::vector<std::set<std::string>> names_;  ///< of each object that is open
  std::size_t objects_ = 0;
  std::optional<Error> doubled_;
  std::size_t doubled_in_ = 0;
  Json json_;
};

Result<LiveExtent> from_line(std::string_view line, std::span<const std::string> mount_points) {
  if (line.front() != '{') return from_words(line, mount_points);
  const ParsedJson parsed(line);
  if (parsed.json().is_discarded()) return make_error("this is no JSON object: " + shown(line));
  if (parsed.doubled()) return *parsed.doubled();
  return from_json(parsed.json(), mount_points);
}

Result<Json> parse_json(std::string_view text, const LiveList& list) {
  try {
    const ParsedJson parsed(text, /*allow_exceptions=*/true);
    if (parsed.doubled()) return list.make_error(parsed.doubled_in(), parsed.doubled()->detail());
    return parsed.json();
  } catch (const Json::parse_error& failure) {
    const std::string_view before = text.substr(0, failure.byte);
    return make_error(fmt::format("line {}: it begins with [ but is no JSON array",
                                  1 + std::count(before.begin(), before.end(), '\n')));
  }
}

Status parse_array(std::string_view text, std::span<const std::string> mount_points, LiveList& list) {
  list.array = true;
  const Result<Json> array = parse_json(text, list);
  if (!array) return array.error();
  for (const Json& element : *array) {
    const std::size_t line = list.extents.size() + 1;
    Result<LiveExtent> extent = from_json(element, mount_points);
    if (!extent) return list.make_error(line, extent.error().detail());
    extent->line = line;
    list.extents.push_back(*extent);
  }
  return {};
}

Status parse_lines(std::string_view text, std::span<const std::string> mount_points, LiveList& list) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    const std::string_view words = trimmed(text.substr(0, end), blanks);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (words.empty() || words.front() == '#') continue;
    Result<LiveExtent> extent = from_line(words, mount_points);
    if (!extent) return list.make_error(line, extent.error().detail());
    extent->line = line;
    list.extents.push_back(*extent);
  }
  return {};
}

/// What stands behind the mount point, if `name` is a path below it.
std::optional<std::string_view> below(std::string_view name, std::string_view mount_point) {
  while (mount_point.ends_with('/')) mount_point.remove_suffix(1);
  if (!name.starts_with(mount_point) || !name.substr(mount_point.size()).starts_with('/')) return std::nullopt;
  return name.substr(mount_point.size());
}

std::string_view without_leading_slashes(std::string_view name) {
  const std::size_t begin = name.find_first_not_of('/');
  return begin == std::string_view::npos ? std::string_view() : name.substr(begin);
}

Result<std::string_view> relative_name(std::string_view name, std::span<const std::string> mount_points) {
  if (name.starts_with("./")) return without_leading_slashes(name.substr(1));
  if (!name.starts_with('/')) return name;
  for (const std::string& mount_point : mount_points) {
    if (const auto rest = below(name, mount_point)) return without_leading_slashes(*rest);
  }
  const std::string mount_point = mount_points.empty() ? "" : mount_points.front();
  return make_error(fmt::format("{} is not below the mount point, {}", shown(name), mount_point));
}

}  // namespace

Error LiveList::make_error(std::size_t line, const std::string& detail) const {
  return compact::make_error(fmt::format("{}: {}", place(line), detail)).on_device(name);
}

std::string LiveList::place(std::size_t line) const { return fmt::format("{} {}", array ? "element" : "line", line); }

Result<ZoneNumber> parse_zone_name(std::string_view name, std::span<const std::string> mount_points) {
  const Result<std::string_view> relative = relative_name(name, mount_points);
  if (!relative) return relative.error();
  if (relative->starts_with("cnv/")) {
    return make_error(
        fmt::format("{} is a conventional zone, which is written in place and not compacted", shown(name)));
  }
  const std::string_view digits = relative->starts_with(folder) ? relative->substr(folder.size()) : std::string_view();
  ZoneNumber number = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = !digits.empty() && failure == std::errc() && end == digits.data() + digits.size();
  // Names are unique: 007 is no name of seq/7.
  if (!whole || name_of(number).substr(folder.size()) != digits) {
    return make_error(fmt::format("{} names no zone file, as seq/12 does", shown(name)));
  }
  return number;
}

Result<LiveList> parse_live_list(std::string_view text, const std::string& name,
                                 std::span<const std::string> mount_points) {
  LiveList list;
  list.name = name;
  const bool array = trimmed(text, blanks_and_newlines).starts_with('[');
  Status parsed = array ? parse_array(text, mount_points, list) : parse_lines(text, mount_points, list);
  if (parsed && list.extents.empty()) {
    parsed = make_error("it is empty; a zone without live extents is named by a line as seq/7 0 0");
  }
  if (!parsed) return parsed.error().on_device(name);
  return list;
}

}  // namespace zonecopy::compact
