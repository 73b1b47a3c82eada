// The directory tree: maps between names, node ids and zones. It computes over runs of zones of one type and stores
// nothing for each name. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy::zonefs {

enum class Group : std::uint8_t { conventional, sequential };
[[nodiscard]] std::string_view directory_name(Group group);  ///< "cnv" or "seq"
inline constexpr std::size_t name_max_bytes = 16;

/// Number of a zone file: conventional files first, then sequential ones, each in the order of their zones.
using FileNumber = std::uint32_t;

/// A node of the tree. FUSE node ids: 1 root, 2 cnv, 3 seq, 4 + FileNumber for a file.
struct Node {
  enum class Kind : std::uint8_t { root, directory, file };
  Kind kind = Kind::root;
  Group group = Group::conventional;  ///< of a directory or file
  FileNumber file = 0;                ///< of a file
  friend bool operator==(const Node&, const Node&) = default;
};
using NodeId = std::uint64_t;
inline constexpr NodeId root_node = 1;

/// The zones of one file: `first_zone` and, with aggregated conventional zones, those that follow it.
struct FileZones {
  ZoneIndex first_zone = 0;
  std::uint32_t zone_count = 1;
  friend bool operator==(const FileZones&, const FileZones&) = default;
};

struct DirectoryEntry {
  std::string_view fixed_name;  ///< ".", "..", "cnv" or "seq"; empty where the name is `number`
  std::uint32_t number = 0;
  std::uint64_t inode = 0;
  bool is_directory = false;
};

class Tree {
 public:
  /// `types` is the type of every zone of the device, including zone 0, which holds the super block and is no file.
  /// With `aggregate` each run of adjacent conventional zones is one file.
  Tree(std::span<const ZoneType> types, bool aggregate);

  [[nodiscard]] std::uint32_t file_count(Group group) const;
  [[nodiscard]] std::uint32_t file_count() const;
  [[nodiscard]] std::uint32_t non_empty_groups() const;
  [[nodiscard]] Group group_of(FileNumber file) const;
  [[nodiscard]] FileNumber first_file(Group group) const;
  [[nodiscard]] FileZones zones_of(FileNumber file) const;
  /// "seq/3": the path from the root.
  [[nodiscard]] std::string path_of(FileNumber file) const;

  [[nodiscard]] std::optional<Node> node(NodeId id) const;
  [[nodiscard]] NodeId id_of(const Node& node) const;

  /// ENAMETOOLONG: more than 16 characters. ENOENT. ENOTDIR: `parent` is a file.
  [[nodiscard]] Result<NodeId> lookup(NodeId parent, std::string_view name) const;

  /// st_ino, as in zonefs: a file has the number of its first zone, root the number of zones, cnv that + 1, seq that +
  /// 2.
  [[nodiscard]] std::uint64_t inode(NodeId id) const;
  /// The file with that st_ino; nothing where there is none.
  [[nodiscard]] std::optional<FileNumber> file_of_inode(std::uint64_t inode) const;

  /// Entry number `position` of a directory ("." is 0, ".." is 1); nothing after the last one.
  [[nodiscard]] std::optional<DirectoryEntry> entry(NodeId directory, std::uint64_t position) const;

 private:
  /// Consecutive zones of one type that become consecutive files of one group.
  struct Run {
    FileNumber first_file = 0;
    ZoneIndex first_zone = 0;
    std::uint32_t files = 0;
    std::uint32_t zones_per_file = 1;
  };
  std::vector<Run> runs_;  ///< by first_file
  std::uint32_t conventional_files_ = 0;
  std::uint32_t sequential_files_ = 0;
  std::uint32_t zone_count_ = 0;
};

}  // namespace zonecopy::zonefs
