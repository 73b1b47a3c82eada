// Names, attributes and directories.
#include <sys/stat.h>

#include <string>
#include <vector>

#include "zonefs/fuse/interruption.h"
#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

// The kernel may cache for long: names never change, and when an error changes a size or mode, the kernel is notified.
constexpr double name_timeout_seconds = 3600;
constexpr double attribute_timeout_seconds = 1;

double timeout_seconds(const Attributes& attributes) { return attributes.passing ? 0 : attribute_timeout_seconds; }

timespec to_timespec(const Timestamp& time) {
  timespec spec{};
  spec.tv_sec = time.seconds();
  spec.tv_nsec = time.nanoseconds();
  return spec;
}

Timestamp to_timestamp(const timespec& time) { return {time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec)}; }

struct stat to_stat(const Attributes& attributes) {
  struct stat facts {};
  facts.st_ino = attributes.inode;
  facts.st_mode = attributes.mode;
  facts.st_nlink = attributes.links;
  facts.st_uid = attributes.uid;
  facts.st_gid = attributes.gid;
  facts.st_size = static_cast<off_t>(attributes.size_bytes);
  facts.st_blocks = static_cast<blkcnt_t>(attributes.sectors);
  facts.st_blksize = attributes.block_size_bytes;
  facts.st_atim = to_timespec(attributes.access_time);
  facts.st_mtim = to_timespec(attributes.modification_time);
  facts.st_ctim = to_timespec(attributes.change_time);
  return facts;
}

void reply_attributes(fuse_req_t request, const Result<Attributes>& attributes) {
  if (!attributes) {
    fuse_reply_err(request, attributes.error().code());
    return;
  }
  const struct stat facts = to_stat(*attributes);
  fuse_reply_attr(request, &facts, timeout_seconds(*attributes));
}

void reply_entry(fuse_req_t request, NodeId node) {
  fuse_entry_param entry{};
  entry.ino = node;
  const Result<Attributes> attributes = mount_of(request).attributes(node);
  entry.attr = to_stat(*attributes);
  entry.attr_timeout = timeout_seconds(*attributes);
  entry.entry_timeout = name_timeout_seconds;
  fuse_reply_entry(request, &entry);
}

/// After a close that leaves something to be done, the size is told when that is done.
Task<void> reply_settled_entry(fuse_req_t request, NodeId node) {
  co_await mount_of(request).settled(node);
  reply_entry(request, node);
}

void op_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const Mount& mount = mount_of(request);
  const Result<NodeId> node = mount.lookup(parent, name);
  if (!node) {
    fuse_reply_err(request, node.error().code());
  } else if (mount.is_ending(*node)) {
    begin(request, reply_settled_entry(request, *node));
  } else {
    reply_entry(request, *node);
  }
}

Task<void> get_settled_attributes(fuse_req_t request, NodeId node) {
  co_await mount_of(request).settled(node);
  reply_attributes(request, mount_of(request).attributes(node));
}

void op_getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info*) {
  if (mount_of(request).is_ending(inode)) {
    begin(request, get_settled_attributes(request, inode));
  } else {
    reply_attributes(request, mount_of(request).attributes(inode));
  }
}

AttributeChange attribute_change(const struct stat& facts, int to_set) {
  AttributeChange change;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to_set & FUSE_SET_ATTR_SIZE) change.size_bytes = static_cast<std::uint64_t>(facts.st_size);
  if (to_set & FUSE_SET_ATTR_MODE) change.permissions = facts.st_mode & 07777U;
  if (to_set & FUSE_SET_ATTR_UID) change.uid = facts.st_uid;
  if (to_set & FUSE_SET_ATTR_GID) change.gid = facts.st_gid;
  if (to_set & FUSE_SET_ATTR_ATIME) change.access_time = to_timestamp(facts.st_atim);
  if (to_set & FUSE_SET_ATTR_ATIME_NOW) change.access_time = to_timestamp(now);
  if (to_set & FUSE_SET_ATTR_MTIME) change.modification_time = to_timestamp(facts.st_mtim);
  if (to_set & FUSE_SET_ATTR_MTIME_NOW) change.modification_time = to_timestamp(now);
  return change;
}

Task<void> set_attributes(fuse_req_t request, PartNode place, AttributeChange change, OpenFile* through) {
  const Mount& mount = mount_of(request);
  const std::int32_t pid = fuse_req_ctx(request)->pid;
  const Interruption interruption(request, Interruption::Ends::on_signal);
  const Result<Attributes> changed =
      co_await place.files->set_attributes(place.node, change, through, pid, interruption.token());
  reply_attributes(request, changed ? mount.attributes(mount.node_of(*place.files, place.node)) : changed);
}

void op_setattr(fuse_req_t request, fuse_ino_t inode, struct stat* facts, int to_set, fuse_file_info* info) {
  AttributeChange change = attribute_change(*facts, to_set);
  change.size_changes_times = info != nullptr || session_of(request).follows_open(inode, fuse_req_ctx(request)->pid);
  Mount& mount = mount_of(request);
  const std::optional<PartNode> place = mount.part_node(inode);
  if (place) {
    begin(request, set_attributes(request, *place, change, open_file_of(info)));
    return;
  }
  const Status changed = mount.change_root(change);
  if (changed) {
    reply_attributes(request, mount.attributes(inode));
  } else {
    fuse_reply_err(request, changed.error().code());
  }
}

void op_statfs(fuse_req_t request, fuse_ino_t) {
  const Mount& mount = mount_of(request);
  const FileSystemUsage usage = mount.usage();
  struct statvfs facts {};
  facts.f_bsize = usage.block_size_bytes;
  facts.f_frsize = usage.block_size_bytes;
  facts.f_blocks = usage.blocks;
  facts.f_bfree = usage.blocks_free;
  facts.f_bavail = usage.blocks_free;
  facts.f_files = usage.files;
  facts.f_namemax = mount.name_max_bytes();
  fuse_reply_statfs(request, &facts);
}

void op_readdir(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info*) {
  const Mount& mount = mount_of(request);
  std::vector<char> listing(size);
  std::size_t used = 0;
  for (auto position = static_cast<std::uint64_t>(offset);; ++position) {
    const std::optional<DirectoryEntry> entry = mount.entry(inode, position);
    if (!entry) break;
    const std::string name = entry->fixed_name.empty() ? std::to_string(entry->number) : std::string(entry->fixed_name);
    struct stat facts {};
    facts.st_ino = entry->inode;
    facts.st_mode = entry->is_directory ? S_IFDIR : S_IFREG;
    const std::size_t needed = fuse_add_direntry(request, listing.data() + used, size - used, name.c_str(), &facts,
                                                 static_cast<off_t>(position + 1));
    if (needed > size - used) break;
    used += needed;
  }
  fuse_reply_buf(request, listing.data(), used);
}

}  // namespace

void add_name_operations(fuse_lowlevel_ops& table) {
  table.lookup = op_lookup;
  table.getattr = op_getattr;
  table.setattr = op_setattr;
  table.statfs = op_statfs;
  table.readdir = op_readdir;
}

}  // namespace zonecopy::zonefs
