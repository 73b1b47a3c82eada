#include "zonefs/core/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

namespace zonecopy::zonefs {
namespace {

constexpr NodeId first_file_node = 4;

NodeId directory_node(Group group) { return group == Group::conventional ? 2 : 3; }

Group group_of_type(ZoneType type) {
  switch (type) {
    case ZoneType::conventional: return Group::conventional;
    case ZoneType::sequential_required:
    case ZoneType::sequential_preferred: break;
  }
  return Group::sequential;
}

/// Adjacent zones of one group.
struct Stretch {
  ZoneIndex first_zone = 0;
  std::uint32_t zones = 0;
};

/// All zones of `group` but zone 0, which holds the super block.
std::vector<Stretch> stretches_of(std::span<const ZoneType> types, Group group) {
  std::vector<Stretch> stretches;
  bool inside = false;
  for (ZoneIndex zone = 1; zone < types.size(); ++zone) {
    const bool belongs = group_of_type(types[zone]) == group;
    if (belongs && !inside) stretches.push_back(Stretch{zone, 0});
    if (belongs) ++stretches.back().zones;
    inside = belongs;
  }
  return stretches;
}

/// The number that `name` is: decimal digits without a leading zero. Callers have checked that there are at most 16, so
/// that the number fits.
std::optional<std::uint64_t> number_of(std::string_view name) {
  if (name.empty() || (name.size() > 1 && name.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : name) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

}  // namespace

std::string_view directory_name(Group group) { return group == Group::conventional ? "cnv" : "seq"; }

Tree::Tree(std::span<const ZoneType> types, bool aggregate) : zone_count_(static_cast<std::uint32_t>(types.size())) {
  for (const Stretch& stretch : stretches_of(types, Group::conventional)) {
    if (aggregate) runs_.push_back(Run{conventional_files_, stretch.first_zone, 1, stretch.zones});
    else runs_.push_back(Run{conventional_files_, stretch.first_zone, stretch.zones, 1});
    conventional_files_ += runs_.back().files;
  }
  for (const Stretch& stretch : stretches_of(types, Group::sequential)) {
    runs_.push_back(Run{file_count(), stretch.first_zone, stretch.zones, 1});
    sequential_files_ += stretch.zones;
  }
}

std::uint32_t Tree::file_count(Group group) const {
  return group == Group::conventional ? conventional_files_ : sequential_files_;
}

std::uint32_t Tree::file_count() const { return conventional_files_ + sequential_files_; }

std::uint32_t Tree::non_empty_groups() const {
  return (conventional_files_ != 0 ? 1U : 0U) + (sequential_files_ != 0 ? 1U : 0U);
}

Group Tree::group_of(FileNumber file) const {
  return file < conventional_files_ ? Group::conventional : Group::sequential;
}

FileNumber Tree::first_file(Group group) const { return group == Group::conventional ? 0 : conventional_files_; }

FileZones Tree::zones_of(FileNumber file) const {
  const auto behind = std::upper_bound(runs_.begin(), runs_.end(), file,
                                       [](FileNumber number, const Run& run) { return number < run.first_file; });
  const Run& run = *std::prev(behind);
  return FileZones{run.first_zone + (file - run.first_file) * run.zones_per_file, run.zones_per_file};
}

std::string Tree::path_of(FileNumber file) const {
  const Group group = group_of(file);
  return fmt::format("{}/{}", directory_name(group), file - first_file(group));
}

std::optional<Node> Tree::node(NodeId id) const {
  if (id == root_node) return Node{};
  for (const Group group : {Group::conventional, Group::sequential}) {
    if (id != directory_node(group)) continue;
    if (file_count(group) == 0) return std::nullopt;
    return Node{Node::Kind::directory, group, 0};
  }
  if (id < first_file_node || id - first_file_node >= file_count()) return std::nullopt;
  const auto file = static_cast<FileNumber>(id - first_file_node);
  return Node{Node::Kind::file, group_of(file), file};
}

NodeId Tree::id_of(const Node& node) const {
  switch (node.kind) {
    case Node::Kind::root: break;
    case Node::Kind::directory: return directory_node(node.group);
    case Node::Kind::file: return first_file_node + node.file;
  }
  return root_node;
}

Result<NodeId> Tree::lookup(NodeId parent, std::string_view name) const {
  const std::optional<Node> directory = node(parent);
  if (!directory) return Error(ENOENT, "lookup");
  if (directory->kind == Node::Kind::file) return Error(ENOTDIR, "lookup");
  if (name.size() > name_max_bytes) return Error(ENAMETOOLONG, "lookup", std::string(name));
  if (directory->kind == Node::Kind::root) {
    for (const Group group : {Group::conventional, Group::sequential}) {
      if (name == directory_name(group) && file_count(group) != 0) return directory_node(group);
    }
    return Error(ENOENT, "lookup", std::string(name));
  }
  const std::optional<std::uint64_t> number = number_of(name);
  if (!number || *number >= file_count(directory->group)) return Error(ENOENT, "lookup", std::string(name));
  return first_file_node + first_file(directory->group) + *number;
}

std::uint64_t Tree::inode(NodeId id) const {
  if (id == root_node) return zone_count_;
  if (id < first_file_node) return zone_count_ + id - root_node;
  return zones_of(static_cast<FileNumber>(id - first_file_node)).first_zone;
}

std::optional<FileNumber> Tree::file_of_inode(std::uint64_t inode) const {
  for (const Run& run : runs_) {
    const std::uint64_t zones = std::uint64_t{run.files} * run.zones_per_file;
    if (inode < run.first_zone || inode - run.first_zone >= zones) continue;
    const std::uint64_t behind_first = inode - run.first_zone;
    if (behind_first % run.zones_per_file != 0) return std::nullopt;  // inside of a file
    return run.first_file + static_cast<FileNumber>(behind_first / run.zones_per_file);
  }
  return std::nullopt;
}

// zonefs in Linux lists "seq" even where it has no files and cannot be looked up, so that ls and find report errors.
// This difference is on purpose.
std::optional<DirectoryEntry> Tree::entry(NodeId directory, std::uint64_t position) const {
  const std::optional<Node> found = node(directory);
  if (!found || found->kind == Node::Kind::file) return std::nullopt;
  if (position == 0) return DirectoryEntry{".", 0, inode(directory), true};
  if (position == 1) return DirectoryEntry{"..", 0, inode(root_node), true};
  const std::uint64_t index = position - 2;
  if (found->kind == Node::Kind::root) {
    if (index >= non_empty_groups()) return std::nullopt;
    const bool conventional = index == 0 && conventional_files_ != 0;
    const Group group = conventional ? Group::conventional : Group::sequential;
    return DirectoryEntry{directory_name(group), 0, inode(directory_node(group)), true};
  }
  if (index >= file_count(found->group)) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(index);
  return DirectoryEntry{{}, number, zones_of(first_file(found->group) + number).first_zone, false};
}

}  // namespace zonecopy::zonefs
