// The attributes that stat(2) returns, and those that chmod, chown, utimensat and truncate change.
#pragma once

#include <cstdint>
#include <optional>

#include "zonefs/core/open_file.h"
#include "zonefs/core/timestamp.h"
#include "zonefs/core/volume.h"

namespace zonecopy::zonefs {

struct Attributes {
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  ///< type and permissions, as st_mode
  std::uint32_t links = 1;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t block_size_bytes = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t sectors = 0;  ///< st_blocks: units of 512 bytes
  Timestamp access_time;
  Timestamp modification_time;
  Timestamp change_time;
  bool passing = false;  ///< soon to change without a request of the kernel, which must not remember them
};

/// The attributes that a setattr request changes; those that are absent stay.
struct AttributeChange {
  std::optional<std::uint64_t> size_bytes;
  bool size_changes_times = true;  ///< ftruncate(2) and O_TRUNC do, truncate(2) does not
  std::optional<std::uint32_t> permissions;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<Timestamp> access_time;
  std::optional<Timestamp> modification_time;
};

/// ENOENT where `node` does not exist.
[[nodiscard]] Result<Attributes> attributes_of(const Volume& volume, NodeId node);

/// Changes a directory, `now`. EROFS; EISDIR for a change of the size; EPERM for a mode with write permission.
Status change_directory(Directory& directory, const AttributeChange& change, bool read_only, const Timestamp& now);

/// Reads and changes attributes of files and directories. Never waits. On the loop's thread only.
class NodeAttributes {
 public:
  explicit NodeAttributes(Volume& volume) : volume_(volume) {}

  /// As attributes_of.
  [[nodiscard]] Result<Attributes> of(NodeId node) const { return attributes_of(volume_, node); }
  /// As zonefs::change_directory.
  Status change_directory(const Node& node, const AttributeChange& change);
  /// Whether a file may be changed: EROFS, or EPERM where its zone is read-only or offline. `through` is the open file
  /// of ftruncate(2), or null.
  [[nodiscard]] Status may_change(FileNumber number, const AttributeChange& change, const OpenFile* through) const;
  /// Changes all but the size.
  void change_file(FileNumber number, const AttributeChange& change);

 private:
  Volume& volume_;
};

}  // namespace zonecopy::zonefs
