// A mount: one device, whose tree is the mount's, or several, of which each has a folder. It knows which device a node
// belongs to; what happens to files is the business of the FileSystem of each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

/// One device of a mount.
struct MountPart {
  std::string name;  ///< of its folder; empty where the mount has one device
  std::unique_ptr<FileSystem> files;
};

/// A node of one device, under its number in the device's own tree.
struct PartNode {
  FileSystem* files = nullptr;
  NodeId node = root_node;
};

/// A zone file of one device.
struct PartFile {
  FileSystem* files = nullptr;
  FileNumber number = 0;
};

/// With several devices the root is node 1, and node N of device I (from 0 on) is (I + 1) * 2^40 + N; the same goes for
/// st_ino. So both are stable as long as the devices are given in the same order. With one device they are those of
/// zonefs.
///
/// On the loop's thread only.
class Mount {
 public:
  static constexpr unsigned part_shift = 40;

  /// One device.
  explicit Mount(std::unique_ptr<FileSystem> files);
  /// Several, in the order in which they were given: see part_names().
  explicit Mount(std::vector<MountPart> parts);

  [[nodiscard]] bool single() const { return parts_.size() == 1; }
  [[nodiscard]] std::span<const MountPart> parts() const { return parts_; }
  /// What is common to all devices: strict, the kernel's options, …
  [[nodiscard]] const MountOptions& options() const { return parts_.front().files->options(); }
  /// Whether no device can be written.
  [[nodiscard]] bool read_only() const;
  /// Whether the device that `node` is on cannot be written; for the root of several, whether none can.
  [[nodiscard]] bool is_read_only(NodeId node) const;
  /// Whether no device can be written, and an error is the reason for one of them at least.
  [[nodiscard]] bool read_only_by_error() const;

  /// Nothing for the root of several devices, and where there is no such node.
  [[nodiscard]] std::optional<PartNode> part_node(NodeId node) const;
  /// Nothing for a directory, and where there is no such node.
  [[nodiscard]] std::optional<PartFile> file(NodeId node) const;
  /// The file with that st_ino; nothing where there is none.
  [[nodiscard]] std::optional<PartFile> file_of_inode(std::uint64_t inode) const;
  /// The device with this volume; `otherwise` where it is null.
  [[nodiscard]] const FileSystem& files_on(const Volume* volume, const FileSystem& otherwise) const;
  /// The node of the mount that is node `node` of `files`, which is one of the mount's devices.
  [[nodiscard]] NodeId node_of(const FileSystem& files, NodeId node) const;

  // Names and attributes. These never wait. Errors and values are those of Tree and FileSystem.
  [[nodiscard]] Result<NodeId> lookup(NodeId parent, std::string_view name) const;
  [[nodiscard]] std::optional<DirectoryEntry> entry(NodeId directory, std::uint64_t position) const;
  /// The longest name that any directory may have.
  [[nodiscard]] std::size_t name_max_bytes() const;
  [[nodiscard]] Result<Attributes> attributes(NodeId node) const;
  /// Of the root of several devices. Errors are those of NodeAttributes::change_directory.
  Status change_root(const AttributeChange& change);
  /// Of all devices, in blocks of the smallest size that any has.
  [[nodiscard]] FileSystemUsage usage() const;

  /// See FileSystem::is_ending and settled.
  [[nodiscard]] bool is_ending(NodeId node) const;
  Task<void> settled(NodeId node) const;

  /// Gives new options, as read by parse_remount, to all devices. Where one cannot be made writable it stays as it is,
  /// which its log and status tell. The error of the first, where that is so for all; EROFS where none is ever written
  /// (readonly=) and the text does not ask for ro.
  Status remount(std::string_view text);

  /// Waits for all operations, then makes everything durable, on all devices at once. The first error.
  Task<Status> unmount(EventLoop& loop);

 private:
  [[nodiscard]] std::uint64_t shift(std::size_t part, std::uint64_t number) const;
  [[nodiscard]] std::size_t index_of(const FileSystem& files) const;

  std::vector<MountPart> parts_;
  Directory root_;  ///< of several devices
};

/// The names of the folders of devices with these super blocks: those given, if there are any; else a device has its
/// label, if that can be the name of a folder, is no number and no other device has it, and its place in the order (from
/// 0 on) if not.
[[nodiscard]] std::vector<std::string> part_names(const std::vector<std::string>& given,
                                                  std::span<const SuperBlock> super_blocks);

}  // namespace zonecopy::zonefs
