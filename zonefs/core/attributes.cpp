#include "zonefs/core/attributes.h"

#include <sys/stat.h>

namespace zonecopy::zonefs {

namespace {

std::size_t index_of(const Node& node) {
  if (node.kind == Node::Kind::root) return 0;
  return node.group == Group::conventional ? 1 : 2;
}

Attributes of_directory(const Volume& volume, const Node& node) {
  const Directory& directory = volume.directories.at(index_of(node));
  const Tree& tree = volume.tree;
  Attributes attributes;
  attributes.mode = S_IFDIR | directory.permissions;
  attributes.uid = directory.uid;
  attributes.gid = directory.gid;
  attributes.access_time = directory.access_time;
  attributes.modification_time = directory.modification_time;
  attributes.change_time = directory.change_time;
  const bool root = node.kind == Node::Kind::root;
  attributes.links = 2 + (root ? tree.non_empty_groups() : 0);
  attributes.size_bytes = root ? 2 + tree.non_empty_groups() : tree.file_count(node.group);
  return attributes;
}

Attributes of_file(const Volume& volume, FileNumber number) {
  const ZoneFile& file = volume.files[number];
  Attributes attributes;
  attributes.mode = S_IFREG | file.permissions;
  attributes.uid = file.uid;
  attributes.gid = file.gid;
  attributes.size_bytes = volume.files.size_bytes(number);
  attributes.sectors = file.capacity_bytes / 512;
  attributes.access_time = file.access_time;
  attributes.modification_time = file.modification_time;
  attributes.change_time = file.change_time;
  return attributes;
}

}  // namespace

Result<Attributes> attributes_of(const Volume& volume, NodeId id) {
  const std::optional<Node> node = volume.tree.node(id);
  if (!node) return Error(ENOENT, "attributes");
  Attributes attributes = node->kind == Node::Kind::file ? of_file(volume, node->file) : of_directory(volume, *node);
  attributes.inode = volume.tree.inode(id);
  attributes.block_size_bytes = volume.info().block_size_bytes;
  return attributes;
}

Status change_directory(Directory& directory, const AttributeChange& change, bool read_only, const Timestamp& now) {
  if (read_only) return Error(EROFS, "change attributes");
  if (change.size_bytes) return Error(EISDIR, "truncate");
  if (change.permissions && (*change.permissions & 0222U) != 0)
    return Error(EPERM, "chmod", "directories are not writable");
  if (change.permissions) directory.permissions = *change.permissions & 07777U;
  directory.uid = change.uid.value_or(directory.uid);
  directory.gid = change.gid.value_or(directory.gid);
  directory.access_time = change.access_time.value_or(directory.access_time);
  directory.modification_time = change.modification_time.value_or(directory.modification_time);
  directory.change_time = now;
  return {};
}

Status NodeAttributes::change_directory(const Node& node, const AttributeChange& change) {
  Directory& directory = volume_.directories.at(index_of(node));
  return zonefs::change_directory(directory, change, volume_.read_only(), volume_.now());
}

Status NodeAttributes::may_change(FileNumber number, const AttributeChange& change, const OpenFile* through) const {
  // When an error has made the mount read-only, a file that was already open for writing can still be truncated through
  // that open file, as with zonefs.
  const bool by_open_file = through != nullptr && through->writable && change.size_bytes.has_value();
  if (volume_.read_only() && !by_open_file) return Error(EROFS, "change attributes");
  if (volume_.files[number].immutable()) return Error(EPERM, "change attributes", "the zone is read-only or offline");
  return {};
}

void NodeAttributes::change_file(FileNumber number, const AttributeChange& change) {
  ZoneFile& file = volume_.files[number];
  if (change.permissions) file.permissions = static_cast<std::uint16_t>(*change.permissions & 07777U);
  file.uid = change.uid.value_or(file.uid);
  file.gid = change.gid.value_or(file.gid);
  // truncate(2) changes no times in zonefs.
  const bool by_size = change.size_bytes && (change.size_changes_times || !volume_.options.strict);
  const bool only_size = change.size_bytes && !change.permissions && !change.uid && !change.gid &&
                         !change.access_time && !change.modification_time;
  if (only_size && !by_size) return;
  file.change_time = volume_.now();
  if (by_size) file.modification_time = file.change_time;
  file.access_time = change.access_time.value_or(file.access_time);
  file.modification_time = change.modification_time.value_or(file.modification_time);
}

}  // namespace zonecopy::zonefs
