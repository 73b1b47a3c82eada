#include "tools/compact/plan_file.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

// The header holds all of the hash, so that nothing is linked.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace zonecopy::compact {
namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 2;
/// The last member, a checksum of all the text before it.
constexpr std::string_view checksum_member = R"(,"xxh3":")";
constexpr std::string_view ending = "\"}\n";

constexpr const char* damaged = "this is no plan of zonecopy compact, or it is damaged";

Error make_error(const std::string& detail) { return Error(EINVAL, "read the plan", detail); }

/// Hashes are texts: many programs read numbers of JSON as floating point.
std::string hash_text(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::string checksum_text(std::string_view text) { return hash_text(XXH3_64bits(text.data(), text.size())); }

std::uint64_t hash_from(const Json& json) {
  const auto& text = json.get_ref<const std::string&>();
  std::uint64_t hash = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  if (failure != std::errc() || end != text.data() + text.size() || text.size() != 16) {
    throw std::invalid_argument("a hash is not one");
  }
  return hash;
}

Json to_json(const PlannedVictim& victim) {
  Json json;
  json["zone"] = victim.zone;
  json["size"] = victim.size_bytes;
  json["live"] = victim.live_bytes;
  json["sample"] = hash_text(victim.sample_xxh3);
  return json;
}

PlannedVictim victim_from(const Json& json) {
  return {json.at("zone").get<ZoneNumber>(), json.at("size").get<std::uint64_t>(), json.at("live").get<std::uint64_t>(),
          hash_from(json.at("sample"))};
}

/// As an array: there may be very many.
Json to_json(const Move& move) {
  return Json::array(
      {move.old_zone, move.old_offset_bytes, move.length_bytes, move.new_offset_bytes, hash_text(move.xxh3)});
}

Move move_from(const Json& json) {
  return {json.at(0).get<ZoneNumber>(), json.at(1).get<std::uint64_t>(), json.at(2).get<std::uint64_t>(),
          json.at(3).get<std::uint64_t>(), hash_from(json.at(4))};
}

Json to_json(const Filling& filling) {
  Json json;
  json["zone"] = filling.zone;
  json["start"] = filling.start_bytes;
  json["finish"] = filling.finish;
  json["extents"] = Json::array();
  for (const Move& move : filling.moves) json["extents"].push_back(to_json(move));
  return json;
}

Filling filling_from(const Json& json) {
  Filling filling{
      json.at("zone").get<ZoneNumber>(), json.at("start").get<std::uint64_t>(), json.at("finish").get<bool>(), {}};
  for (const Json& move : json.at("extents")) filling.moves.push_back(move_from(move));
  return filling;
}

Round round_from(const Json& json) {
  Round round;
  for (const Json& victim : json.at("victims")) round.victims.push_back(victim_from(victim));
  for (const Json& filling : json.at("destinations")) round.fillings.push_back(filling_from(filling));
  return round;
}

Json to_json(const Round& round) {
  Json json;
  json["victims"] = Json::array();
  for (const PlannedVictim& victim : round.victims) json["victims"].push_back(to_json(victim));
  json["destinations"] = Json::array();
  for (const Filling& filling : round.fillings) json["destinations"].push_back(to_json(filling));
  return json;
}

PlanFile plan_file_from(const Json& json) {
  PlanFile file;
  file.identity = {json.at("uuid").get<std::string>(), hash_from(json.at("list")),
                   json.at("zones").get<std::uint64_t>()};
  for (const Json& round : json.at("rounds")) file.plan.rounds.push_back(round_from(round));
  return file;
}

bool is_whole(std::string_view text) {
  const std::size_t end = text.rfind(checksum_member);
  if (end == std::string_view::npos) return false;
  const std::string_view before = text.substr(0, end);
  return text.substr(end) == std::string(checksum_member) + checksum_text(before) + std::string(ending);
}

void add_map_lines(const Round& round, std::size_t number, std::string& text) {
  for (const Filling& filling : round.fillings) {
    for (const Move& move : filling.moves) {
      fmt::format_to(std::back_inserter(text),
                     R"({{"old":{{"file":"{}","offset":{},"length":{}}},"new":{{"file":"{}","offset":{}}},)"
                     R"("xxh3":"{}","round":{}}})"
                     "\n",
                     name_of(move.old_zone), move.old_offset_bytes, move.length_bytes, name_of(filling.zone),
                     move.new_offset_bytes, hash_text(move.xxh3), number);
    }
  }
}

}  // namespace

std::string to_text(const PlanFile& file) {
  Json json;
  json["zonecopy_compact_plan"] = version;
  json["uuid"] = file.identity.uuid;
  json["list"] = hash_text(file.identity.list_xxh3);
  json["zones"] = file.identity.zone_count;
  json["rounds"] = Json::array();
  for (const Round& round : file.plan.rounds) json["rounds"].push_back(to_json(round));
  std::string text = json.dump();
  text.pop_back();  // the brace, which comes behind the checksum
  const std::string checksum = checksum_text(text);
  return text.append(checksum_member).append(checksum).append(ending);
}

Result<PlanFile> parse_plan_file(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("zonecopy_compact_plan").get<int>() != version) {
      return make_error("it is of another version of zonecopy, which has to finish it");
    }
    if (!is_whole(text)) return make_error(damaged);
    return plan_file_from(json);
  } catch (const std::exception&) {  // of the parser, or of a member that is missing or of another type
    return make_error(damaged);
  }
}

std::string difference(const PlanIdentity& planned, const PlanIdentity& now) {
  const bool other_uuid = !planned.uuid.empty() && !now.uuid.empty() && planned.uuid != now.uuid;
  if (other_uuid || planned.zone_count != now.zone_count) return "it was made for another file system";
  if (planned.list_xxh3 != now.list_xxh3) return "it was made for another live list, or other zones were chosen";
  return "";
}

std::string map_text(const Plan& plan, std::size_t rounds) {
  std::string text;
  for (std::size_t i = 0; i < rounds; ++i) add_map_lines(plan.rounds[i], i + 1, text);
  return text;
}

std::optional<std::size_t> rounds_in_map(const Plan& plan, const std::optional<std::string>& map) {
  if (!map) return 0;
  // The map is written after each round, also after a first one that moves nothing: then it is empty.
  std::string text;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < plan.rounds.size() && text.size() <= map->size(); ++i) {
    add_map_lines(plan.rounds[i], i + 1, text);
    if (text == *map) found = i + 1;
  }
  return found;
}

}  // namespace zonecopy::compact
