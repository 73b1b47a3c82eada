// Attributes and truncate. Opening and closing are in open_close.cpp, reading and writing in file_io.cpp, copying in
// copy_range.cpp, what happens after an error in io_error.cpp.
#include "zonefs/core/file_system.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

#include "zonefs/core/caller.h"
#include "zonefs/core/device_errno.h"

namespace zonecopy::zonefs {
namespace {

// Memory of reads and of emulated copies in flight is bounded by so many buffers.
constexpr std::size_t buffers_max = 64;
// A buffered read may touch a block more at either end.
constexpr std::size_t buffer_size_bytes = FileSystem::read_max_bytes + std::size_t{2} * 4096;

std::uint32_t directory_index(const Node& node) {
  if (node.kind == Node::Kind::root) return 0;
  return node.group == Group::conventional ? 1 : 2;
}

const char* kernel_name(ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return "ZONE_OPEN";
    case ZoneAction::close: return "ZONE_CLOSE";
    case ZoneAction::finish: return "ZONE_FINISH";
    case ZoneAction::reset: return "ZONE_RESET";
  }
  return "";
}

}  // namespace

FileSystem::FileSystem(EventLoop& loop, std::unique_ptr<ZonedDevice> device, MountOptions options, Log& log,
                       Clock clock, SuperBlock super_block, Tree tree, std::vector<ZoneFile> files)
    : loop_(loop),
      device_(std::move(device)),
      options_(std::move(options)),
      log_(log),
      clock_(std::move(clock)),
      super_block_(std::move(super_block)),
      tree_(std::move(tree)),
      files_(std::move(files)),
      buffers_(buffer_size_bytes, buffers_max, &loop.memory()) {
  for (ZoneFile& file : files_) {
    account_active(file);
    used_bytes_ += file.size_bytes;
    capacity_bytes_ += file.capacity_bytes;
    largest_file_bytes_ = std::max(largest_file_bytes_, file.capacity_bytes);
  }
  const Timestamp mounted = now();
  for (Directory& directory : directories_) {
    const bool group = &directory != &directories_[0];
    directory.uid = group ? options_.owner_uid : 0;
    directory.gid = group ? options_.owner_gid : 0;
    directory.access_time = directory.modification_time = directory.change_time = mounted;
  }
  note_read_only_option();
}

FileSystem::~FileSystem() = default;

void FileSystem::note_read_only_option() {
  if (!read_only()) {
    health_.became_writable();
  } else {
    health_.became_read_only("mount option ro", clock_());
  }
}

Error FileSystem::refuse(int code, const char* operation, FileNumber number) const {
  Error error(code, operation);
  error.on_device(device_->info().path).at_zone(zone_of(files_[number]));
  return error;
}

FileSystem::Place FileSystem::place(const ZoneFile& file, std::uint64_t offset_bytes) const {
  const DeviceInfo& info = device_->info();
  const Lba lba = file.start_lba + offset_bytes / info.block_size_bytes;
  const Lba zone_end_lba = std::min(info.zone_start(info.zone_of(lba)) + info.zone_size_blocks, info.capacity_blocks);
  return Place{lba, zone_end_lba - lba};
}

void FileSystem::set_size(ZoneFile& file, std::uint64_t size_bytes) {
  used_bytes_ = used_bytes_ - file.size_bytes + size_bytes;
  file.size_bytes = size_bytes;
}

void FileSystem::account_active(ZoneFile& file) {
  if (file.active() == file.counted_active) return;
  file.counted_active = !file.counted_active;
  active_sequential_files_ += file.counted_active ? 1 : -1;
}

// ---- attributes

Attributes FileSystem::directory_attributes(const Node& node) const {
  const Directory& directory = directories_[directory_index(node)];
  Attributes attributes;
  attributes.mode = S_IFDIR | directory.permissions;
  attributes.uid = directory.uid;
  attributes.gid = directory.gid;
  attributes.access_time = directory.access_time;
  attributes.modification_time = directory.modification_time;
  attributes.change_time = directory.change_time;
  const bool root = node.kind == Node::Kind::root;
  attributes.links = 2 + (root ? tree_.non_empty_groups() : 0);
  attributes.size_bytes = root ? 2 + tree_.non_empty_groups() : tree_.file_count(node.group);
  return attributes;
}

Result<Attributes> FileSystem::attributes(NodeId id) const {
  const std::optional<Node> node = tree_.node(id);
  if (!node) return Error(ENOENT, "attributes");
  Attributes attributes;
  if (node->kind == Node::Kind::file) {
    const ZoneFile& file = files_[node->file];
    attributes.mode = S_IFREG | file.permissions;
    attributes.uid = file.uid;
    attributes.gid = file.gid;
    attributes.size_bytes = file.size_bytes;
    attributes.sectors = file.capacity_bytes / 512;
    attributes.access_time = file.access_time;
    attributes.modification_time = file.modification_time;
    attributes.change_time = file.change_time;
  } else {
    attributes = directory_attributes(*node);
  }
  attributes.inode = tree_.inode(id);
  attributes.block_size_bytes = device_->info().block_size_bytes;
  return attributes;
}

FileSystemUsage FileSystem::usage() const {
  FileSystemUsage usage;
  usage.block_size_bytes = device_->info().block_size_bytes;
  usage.blocks = capacity_bytes_ / usage.block_size_bytes;
  usage.blocks_free = usage.blocks - std::min(usage.blocks, used_bytes_ / usage.block_size_bytes);
  usage.files = tree_.file_count() + tree_.non_empty_groups();
  return usage;
}

Counters FileSystem::counters() const {
  Counters counters = copied_;
  counters.max_open_sequential_files = device_->info().resource_limits.max_open_zones;
  counters.max_active_sequential_files = device_->info().resource_limits.max_active_zones;
  counters.open_sequential_files = open_sequential_files_;
  counters.active_sequential_files = active_sequential_files_;
  return counters;
}

Status FileSystem::change_directory(Directory& directory, const AttributeChange& change) {
  if (read_only()) return Error(EROFS, "change attributes");
  if (change.size_bytes) return Error(EISDIR, "truncate");
  if (change.permissions && (*change.permissions & 0222U) != 0)
    return Error(EPERM, "chmod", "directories are not writable");
  if (change.permissions) directory.permissions = *change.permissions & 07777U;
  directory.uid = change.uid.value_or(directory.uid);
  directory.gid = change.gid.value_or(directory.gid);
  directory.access_time = change.access_time.value_or(directory.access_time);
  directory.modification_time = change.modification_time.value_or(directory.modification_time);
  directory.change_time = now();
  return {};
}

void FileSystem::change_file(ZoneFile& file, const AttributeChange& change) {
  if (change.permissions) file.permissions = static_cast<std::uint16_t>(*change.permissions & 07777U);
  file.uid = change.uid.value_or(file.uid);
  file.gid = change.gid.value_or(file.gid);
  const bool only_size = change.size_bytes && !change.permissions && !change.uid && !change.gid &&
                         !change.access_time && !change.modification_time;
  if (only_size && !change.size_changes_times) return;
  file.change_time = now();
  if (change.size_bytes && change.size_changes_times) file.modification_time = file.change_time;
  file.access_time = change.access_time.value_or(file.access_time);
  file.modification_time = change.modification_time.value_or(file.modification_time);
}

Status FileSystem::may_change(const ZoneFile& file, const AttributeChange& change, const OpenFile* through) const {
  // A file that was open for writing when an error made the mount read-only can still be truncated through it.
  const bool by_open_file = through != nullptr && through->writable && change.size_bytes.has_value();
  if (read_only() && !by_open_file) return Error(EROFS, "change attributes");
  if (file.immutable()) return Error(EPERM, "change attributes", "the zone is read-only or offline");
  return {};
}

Task<Result<Attributes>> FileSystem::set_attributes(NodeId id, AttributeChange change, OpenFile* through,
                                                    std::int32_t pid) {
  const GatePass pass(requests_);
  const std::optional<Node> node = tree_.node(id);
  if (!node) co_return Error(ENOENT, "change attributes");
  if (node->kind != Node::Kind::file) {
    const Status changed = change_directory(directories_[directory_index(*node)], change);
    if (!changed) co_return changed.error();
    co_return attributes(id);
  }
  const KeyedLocks::Guard guard = co_await locks_.exclusive(node->file);
  ZoneFile& file = files_[node->file];
  const Status allowed = may_change(file, change, through);
  if (!allowed) co_return allowed.error();
  if (change.size_bytes) {
    const Status truncated = co_await truncate(node->file, *change.size_bytes, through, pid);
    if (!truncated) co_return truncated.error();
  }
  change_file(file, change);
  co_return attributes(id);
}

// ---- truncate

Task<Status> FileSystem::truncate(FileNumber number, std::uint64_t size_bytes, OpenFile* through, std::int32_t pid) {
  const ZoneFile& file = files_[number];
  if (size_bytes > largest_file_bytes_ && size_bytes > file.size_bytes) co_return refuse(EFBIG, "truncate", number);
  if (!file.sequential) co_return refuse(EPERM, "truncate", number);
  if (size_bytes != 0 && size_bytes != file.capacity_bytes) co_return refuse(EPERM, "truncate", number);
  const bool expected = through != nullptr && through->expect_compensating_truncate_of_pid == pid;
  if (through != nullptr) through->expect_compensating_truncate_of_pid.reset();
  if (size_bytes == 0 && file.size_bytes != 0 && expected) {
    // Not a person's wish to reset the zone, but the kernel putting back the size it remembers; unless the thread is seen
    // to have asked for it.
    const std::optional<SystemCall> call = co_await system_call_of(loop_, pid);
    if (!call || call->number != SYS_ftruncate) co_return refuse(EPERM, "truncate", number);
  }
  if (size_bytes == 0 && through != nullptr) through->tail.forget();
  const Status truncated = co_await truncate_locked(number, size_bytes);
  co_return truncated;
}

Task<Status> FileSystem::truncate_locked(FileNumber number, std::uint64_t size_bytes) {
  ZoneFile& file = files_[number];
  if (file.size_bytes == size_bytes) co_return Status();
  const Status managed = co_await manage(number, size_bytes == 0 ? ZoneAction::reset : ZoneAction::finish);
  if (!managed) {
    if (!options_.strict) co_await follow_zone(number);
    co_return managed;
  }
  set_size(file, size_bytes);
  Status reopened;
  if (size_bytes == 0 && file.zone_open) {
    // A reset closes the zone, and who opened the file explicitly still counts on it.
    file.zone_open = false;
    reopened = co_await manage(number, ZoneAction::open);
    file.zone_open = reopened.ok();
  } else if (size_bytes != 0) {
    file.zone_open = false;
  }
  account_active(file);
  co_return reopened;
}

Task<Status> FileSystem::manage(FileNumber number, ZoneAction action) {
  const ZoneFile& file = files_[number];
  const Status done = co_await device_->manage_zone(zone_of(file), action);
  if (done) co_return done;
  const int code = device_errno(done.error());
  health_.note_error(done.error().to_string());
  log_.write(Severity::error, fmt::format("Zone management operation {} at {} failed {} ({})", kernel_name(action),
                                          file.start_lba * block_size_bytes() / 512, -code, done.error().to_string()));
  co_return Error(code, done.error().operation(), done.error().detail());
}

// ---- remount and unmount

Status FileSystem::remount(MountOptions options) {
  if (!options.read_only) {
    const Status writable = device_->make_writable();
    if (!writable) {
      log_error(writable.error());
      return writable;
    }
  }
  // Explicit-open is in force even on a device without limits, where a mount ignores it: so does zonefs in Linux 6.12.
  if (!options.read_only) read_only_by_error_ = false;
  options_ = std::move(options);
  note_read_only_option();
  return {};
}

Task<Status> FileSystem::unmount() {
  Event& drained = requests_.drained();
  co_await drained;
  const Status flushed = co_await device_->flush();
  if (!flushed) log_error(flushed.error());
  co_return flushed;
}

}  // namespace zonecopy::zonefs
