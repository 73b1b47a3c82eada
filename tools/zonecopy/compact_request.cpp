#include "tools/zonecopy/compact_request.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "tools/compact/durable_file.h"
#include "tools/compact/zone_files.h"
#include "tools/zonecopy/attributes.h"
#include "zonefs/host/mounted_device.h"

// The header holds all of the hash, so that nothing is linked.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace zonecopy::tools {
namespace {

// Some four million extents. A list that never ends is not read for ever.
constexpr std::size_t list_max_bytes = 1U << 28;

Error make_error(int code, const std::string& path, const std::string& detail) {
  return Error(code, "compact", detail).on_device(path);
}

/// Wrong usage: nothing on the disk would make it right.
Error usage_error(const std::string& detail) { return Error(EINVAL, "compact", detail).detail_says_all(); }

template <typename T>
T value_of(const Attributes& attributes, std::string_view name, T otherwise) {
  for (const Attribute& attribute : attributes) {
    if (attribute.record.name != name || !attribute.value) continue;
    if (const T* const value = std::get_if<T>(&*attribute.value)) return *value;
  }
  return otherwise;
}

/// Beside the list, where that is a file.
Result<std::string> map_path_of(const CompactArguments& arguments) {
  if (!arguments.map.empty()) return arguments.map;
  struct stat facts {};
  const bool stays = arguments.live != "-" && (stat(arguments.live.c_str(), &facts) != 0 || S_ISREG(facts.st_mode));
  if (stays) return arguments.live + ".map";
  return usage_error("--live is no file that stays, so --map is needed: where the map of the moved extents goes");
}

Result<std::vector<compact::ZoneNumber>> zone_numbers(const std::vector<std::string>& names, const char* option,
                                                      const CompactRequest& request) {
  std::vector<compact::ZoneNumber> zones;
  for (const std::string& name : names) {
    const Result<compact::ZoneNumber> zone = compact::parse_zone_name(name, request.mount_points);
    if (!zone) return usage_error(fmt::format("{}: {}", option, zone.error().detail()));
    zones.push_back(*zone);
  }
  return zones;
}

/// What has to be the same for a second run: the extents, in their order, and what else decides the plan.
std::uint64_t hash_of(const compact::LiveList& list, const CompactRequest& request) {
  std::string text;
  const auto out = std::back_inserter(text);
  for (const compact::LiveExtent& extent : list.extents) {
    fmt::format_to(out, "{} {} {}\n", extent.zone, extent.offset_bytes, extent.length_bytes);
  }
  for (const compact::ZoneNumber zone : request.victims) fmt::format_to(out, "victim {}\n", zone);
  for (const compact::ZoneNumber zone : request.destinations) fmt::format_to(out, "destination {}\n", zone);
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace

Result<CompactRequest> make_request(const CompactArguments& arguments) {
  CompactRequest request;
  const Result<std::string> map_path = map_path_of(arguments);
  if (!map_path) return map_path.error();
  request.map_path = *map_path;
  std::error_code failure;
  const std::filesystem::path canonical = std::filesystem::canonical(arguments.mount_point, failure);
  if (failure) return make_error(failure.value(), arguments.mount_point, "");
  request.mount_points = {canonical.string(), arguments.mount_point};
  const auto victims = zone_numbers(arguments.victims, "--victim", request);
  if (!victims) return victims.error();
  request.victims = {victims->begin(), victims->end()};
  auto destinations = zone_numbers(arguments.destinations, "--destination", request);
  if (!destinations) return destinations.error();
  request.destinations = std::move(*destinations);
  return request;
}

Result<CompactMount> ask_mount(const std::string& path) {
  const std::vector<std::string> folders = zonefs::device_folders(path);
  if (folders.size() > 1) {
    return make_error(EINVAL, path,
                      fmt::format("this mount has several devices; name the folder of one: {}", folders[0]));
  }
  const Result<Attributes> attributes = read_attributes(path);
  if (!attributes) return attributes.error();
  if (attributes->empty()) {
    return make_error(EINVAL, path, "this is no mount point of zonecopyfs; other file systems cannot be compacted");
  }
  if (value_of(*attributes, "read_only", false)) {
    const auto reason = value_of(*attributes, "read_only_reason", std::string());
    return make_error(EROFS, path, reason.empty() ? "the mount is read-only" : "the mount is read-only: " + reason);
  }
  CompactMount facts;
  facts.uuid = value_of(*attributes, "uuid", std::string());
  const auto number = [&attributes](std::string_view name) { return value_of(*attributes, name, std::uint64_t{0}); };
  facts.limits = {number("max_wro_seq_files"), number("max_active_seq_files"), number("nr_wro_seq_files"),
                  number("nr_active_seq_files")};
  return facts;
}

Result<std::string> read_live_list(const std::string& path) {
  if (path == "-") return compact::read_to_end(STDIN_FILENO, "standard input", list_max_bytes);
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return make_error(errno, path, "");
  return compact::read_to_end(fd.get(), path, list_max_bytes);
}

Result<FileDescriptor> lock_mount(const std::string& mount_point) {
  FileDescriptor folder(open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return make_error(errno, mount_point, "");
  if (flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return folder;
  if (errno != EWOULDBLOCK) return make_error(errno, mount_point, "it cannot be locked");
  return make_error(EBUSY, mount_point, "another zonecopy compact works on it; wait until that has ended");
}

compact::PlanIdentity identity_of(const compact::LiveList& list, const CompactRequest& request,
                                  const CompactMount& mount, const compact::ZoneFiles& zones) {
  return {mount.uuid, hash_of(list, request), zones.files.size()};
}

Status check_access(const compact::Plan& plan, const std::string& mount_point) {
  for (const compact::Round& round : plan.rounds) {
    for (const compact::PlannedVictim& victim : round.victims) {
      if (const Status may = compact::check_access(mount_point, victim.zone); !may) return may;
    }
    for (const compact::Filling& filling : round.fillings) {
      if (const Status may = compact::check_access(mount_point, filling.zone); !may) return may;
    }
  }
  return {};
}

}  // namespace zonecopy::tools
