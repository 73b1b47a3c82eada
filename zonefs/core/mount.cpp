#include "zonefs/core/mount.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace zonecopy::zonefs {

Mount::Mount(std::unique_ptr<FileSystem> files) { parts_.push_back(MountPart{{}, std::move(files)}); }

Mount::Mount(std::vector<MountPart> parts) : parts_(std::move(parts)) {
  for (const MountPart& part : parts_) {
    Volume& volume = part.files->volume();
    volume.name = part.name;
    for (const MountPart& other : parts_) {
      if (&other != &part) volume.others.push_back(&other.files->volume());
    }
  }
  root_ = parts_.front().files->volume().directories.front();
}

bool Mount::read_only() const {
  return std::ranges::all_of(parts_, [](const MountPart& part) { return part.files->read_only(); });
}

bool Mount::read_only_by_error() const {
  return read_only() &&
         std::ranges::any_of(parts_, [](const MountPart& part) { return part.files->read_only_by_error(); });
}

bool Mount::is_read_only(NodeId node) const {
  const std::optional<PartNode> place = part_node(node);
  return place ? place->files->read_only() : read_only();
}

std::uint64_t Mount::shift(std::size_t part, std::uint64_t number) const {
  return single() ? number : (static_cast<std::uint64_t>(part + 1) << part_shift) + number;
}

std::size_t Mount::index_of(const FileSystem& files) const {
  const auto is = [&files](const MountPart& part) { return part.files.get() == &files; };
  return static_cast<std::size_t>(std::ranges::find_if(parts_, is) - parts_.begin());
}

const FileSystem& Mount::files_on(const Volume* volume, const FileSystem& otherwise) const {
  if (volume == nullptr) return otherwise;
  const auto is = [volume](const MountPart& part) { return &part.files->volume() == volume; };
  return *std::ranges::find_if(parts_, is)->files;
}

NodeId Mount::node_of(const FileSystem& files, NodeId node) const { return shift(index_of(files), node); }

namespace {

/// A number of one device, taken apart.
struct Shifted {
  std::uint64_t part = 0;
  std::uint64_t number = 0;
};

/// Nothing where the number belongs to no device.
std::optional<Shifted> take_apart(std::uint64_t number, std::size_t parts) {
  if (parts == 1) return Shifted{0, number};
  const std::uint64_t part = number >> Mount::part_shift;
  if (part == 0 || part > parts) return std::nullopt;
  return Shifted{part - 1, number & ((std::uint64_t{1} << Mount::part_shift) - 1)};
}

}  // namespace

std::optional<PartNode> Mount::part_node(NodeId node) const {
  const std::optional<Shifted> place = take_apart(node, parts_.size());
  if (!place) return std::nullopt;
  FileSystem& files = *parts_[place->part].files;
  if (!files.tree().node(place->number)) return std::nullopt;
  return PartNode{&files, place->number};
}

std::optional<PartFile> Mount::file(NodeId node) const {
  const std::optional<PartNode> place = part_node(node);
  if (!place) return std::nullopt;
  const std::optional<Node> found = place->files->tree().node(place->node);
  if (found->kind != Node::Kind::file) return std::nullopt;
  return PartFile{place->files, found->file};
}

std::optional<PartFile> Mount::file_of_inode(std::uint64_t inode) const {
  const std::optional<Shifted> place = take_apart(inode, parts_.size());
  if (!place) return std::nullopt;
  FileSystem& files = *parts_[place->part].files;
  const std::optional<FileNumber> number = files.tree().file_of_inode(place->number);
  if (!number) return std::nullopt;
  return PartFile{&files, *number};
}

Result<NodeId> Mount::lookup(NodeId parent, std::string_view name) const {
  if (!single() && parent == root_node) {
    if (name.size() > name_max_bytes()) return Error(ENAMETOOLONG, "lookup", std::string(name));
    const auto named = [name](const MountPart& part) { return part.name == name; };
    const auto found = std::ranges::find_if(parts_, named);
    if (found == parts_.end()) return Error(ENOENT, "lookup", std::string(name));
    return node_of(*found->files, root_node);
  }
  const std::optional<PartNode> directory = part_node(parent);
  if (!directory) return Error(ENOENT, "lookup");
  const Result<NodeId> found = directory->files->tree().lookup(directory->node, name);
  if (!found) return found;
  return node_of(*directory->files, *found);
}

std::optional<DirectoryEntry> Mount::entry(NodeId directory, std::uint64_t position) const {
  if (!single() && directory == root_node) {
    if (position < 2) return DirectoryEntry{position == 0 ? "." : "..", 0, root_node, true};
    if (position - 2 >= parts_.size()) return std::nullopt;
    const MountPart& part = parts_[position - 2];
    return DirectoryEntry{part.name, 0, shift(position - 2, part.files->tree().inode(root_node)), true};
  }
  const std::optional<PartNode> place = part_node(directory);
  if (!place) return std::nullopt;
  std::optional<DirectoryEntry> entry = place->files->tree().entry(place->node, position);
  if (!entry || single()) return entry;
  const bool to_root = place->node == root_node && position == 1;
  entry->inode = to_root ? root_node : shift(index_of(*place->files), entry->inode);
  return entry;
}

std::size_t Mount::name_max_bytes() const { return single() ? zonefs::name_max_bytes : device_name_max_bytes; }

Result<Attributes> Mount::attributes(NodeId node) const {
  if (!single() && node == root_node) {
    Attributes attributes;
    attributes.inode = root_node;
    attributes.mode = S_IFDIR | root_.permissions;
    attributes.uid = root_.uid;
    attributes.gid = root_.gid;
    attributes.links = 2 + static_cast<std::uint32_t>(parts_.size());
    attributes.size_bytes = 2 + parts_.size();
    attributes.block_size_bytes = usage().block_size_bytes;
    attributes.access_time = root_.access_time;
    attributes.modification_time = root_.modification_time;
    attributes.change_time = root_.change_time;
    return attributes;
  }
  const std::optional<PartNode> place = part_node(node);
  if (!place) return Error(ENOENT, "attributes");
  Result<Attributes> attributes = place->files->attributes(place->node);
  if (attributes) attributes->inode = shift(index_of(*place->files), attributes->inode);
  return attributes;
}

Status Mount::change_root(const AttributeChange& change) {
  return change_directory(root_, change, read_only(), parts_.front().files->volume().now());
}

FileSystemUsage Mount::usage() const {
  FileSystemUsage sum;
  for (const MountPart& part : parts_) {
    const std::uint32_t block_size_bytes = part.files->device_info().block_size_bytes;
    if (sum.block_size_bytes == 0 || block_size_bytes < sum.block_size_bytes) sum.block_size_bytes = block_size_bytes;
  }
  for (const MountPart& part : parts_) {
    const FileSystemUsage usage = part.files->usage();
    const std::uint64_t factor = usage.block_size_bytes / sum.block_size_bytes;
    sum.blocks += usage.blocks * factor;
    sum.blocks_free += usage.blocks_free * factor;
    sum.files += usage.files + (single() ? 0 : 1);
  }
  return sum;
}

bool Mount::is_ending(NodeId node) const {
  const std::optional<PartNode> place = part_node(node);
  return place && place->files->is_ending(place->node);
}

Task<void> Mount::settled(NodeId node) const {
  const std::optional<PartNode> place = part_node(node);
  if (place) co_await place->files->settled(place->node);
}

Status Mount::remount(std::string_view text) {
  const auto never_written = [](const MountPart& part) { return part.files->options().device_read_only; };
  MountOptions asked;
  const Status sound = parse_options(text, asked);
  if (!sound) return sound;
  if (!asked.read_only && std::ranges::all_of(parts_, never_written)) {
    return Error(EROFS, "remount", "option readonly= is on all devices");
  }
  std::vector<MountOptions> all;
  for (const MountPart& part : parts_) {
    Result<MountOptions> options = parse_remount(text, part.files->options());
    if (!options) return options.error();
    all.push_back(std::move(*options));
  }
  Status first;
  bool any = false;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Status done = parts_[i].files->remount(std::move(all[i]));
    any = any || done.ok();
    if (first && !done) first = done;
  }
  return any ? Status() : first;
}

namespace {

Task<void> unmount_part(FileSystem& files, Status* status, Gate* gate) {
  const GatePass pass(*gate);
  const Status unmounted = co_await files.unmount();
  *status = unmounted;
}

}  // namespace

Task<Status> Mount::unmount(EventLoop& loop) {
  std::vector<Status> statuses(parts_.size());
  Gate gate;
  for (std::size_t i = 0; i < parts_.size(); ++i) loop.spawn(unmount_part(*parts_[i].files, &statuses[i], &gate));
  Event& all_done = gate.drained();
  co_await all_done;
  for (const Status& status : statuses) {
    if (!status) co_return status;
  }
  co_return Status();
}

std::vector<std::string> part_names(const std::vector<std::string>& given, std::span<const SuperBlock> super_blocks) {
  if (!given.empty()) return given;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::vector<std::string> names;
  for (const SuperBlock& super_block : super_blocks) {
    const std::string& label = super_block.label;
    const auto same = std::ranges::count(super_blocks, label, &SuperBlock::label);
    const bool fit = is_device_name(label) && same == 1 && !std::ranges::all_of(label, is_digit);
    names.push_back(fit ? label : fmt::format("{}", names.size()));
  }
  return names;
}

}  // namespace zonecopy::zonefs
