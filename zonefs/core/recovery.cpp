// After a failed write, copy, close or read: the zone is reported again and the file corrected, then the errors= policy
// applies. The rules are those of zonefs.rst, "IO error handling", and of fs/zonefs/super.c.
#include <fmt/format.h>

#include <algorithm>

#include "zonefs/core/device_errno.h"
#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

Task<void> FileSystem::handle_read_error(FileNumber number, const Error& cause) {
  const KeyedLocks::Guard guard = co_await locks_.exclusive(number);
  co_await handle_io_error(number, cause, false);
}

/// After a reset or finish that failed half-way: the file is as long as the zone says, and no policy applies. zonefs does
/// not look.
Task<void> FileSystem::follow_zone(FileNumber number) {
  ZoneFile& file = files_[number];
  const Result<std::vector<Zone>> zones = co_await device_->report_zones(zone_of(file), 1);
  if (!zones || zones->empty()) co_return;
  const Zone& zone = zones->front();
  if (zone.condition == ZoneCondition::read_only || zone.condition == ZoneCondition::offline) co_return;
  const bool full = zone.condition == ZoneCondition::full;
  const std::uint64_t size_bytes =
      full ? file.capacity_bytes : (zone.write_pointer_lba - zone.start_lba) * block_size_bytes();
  if (size_bytes == file.size_bytes) co_return;
  set_size(file, size_bytes);
  account_active(file);
  if (changed_) changed_(tree_.id_of(Node{Node::Kind::file, tree_.group_of(number), number}));
}

Task<void> FileSystem::handle_io_error(FileNumber number, const Error& cause, bool write) {
  ZoneFile& file = files_[number];
  std::uint64_t readable_bytes = file.capacity_bytes;
  if (file.sequential) {
    const Result<std::vector<Zone>> zones = co_await device_->report_zones(zone_of(file), 1);
    if (!zones || zones->empty()) {
      const std::uint64_t inode = tree_.inode(tree_.id_of(Node{Node::Kind::file, Group::sequential, number}));
      const int code = zones ? EIO : zones.error().code();
      const std::string text = fmt::format("Get inode {} zone information failed {}", inode, -code);
      log_.write(Severity::error, text);
      set_read_only_by_error(fmt::format("{}; {}", text, cause.to_string()));
      co_return;
    }
    const Zone& zone = zones->front();
    const std::uint64_t sector = zone.start_lba * block_size_bytes() / 512;
    readable_bytes = (zone.write_pointer_lba - zone.start_lba) * block_size_bytes();
    if (zone.condition == ZoneCondition::offline) {
      log_.write(Severity::warning, fmt::format("Zone {}: offline zone", sector));
      file.zone_offline = true;
      readable_bytes = 0;
    } else if (zone.condition == ZoneCondition::read_only) {
      log_.write(Severity::warning, fmt::format("Zone {}: read-only zone", sector));
      file.zone_read_only = true;
    } else if (zone.condition == ZoneCondition::full) {
      readable_bytes = file.capacity_bytes;
    }
  }
  if (!file.immutable() && !write && file.size_bytes == readable_bytes)
    co_return;  // the media could not be read, no more
  apply_error_policy(number, readable_bytes, cause);
}

void FileSystem::apply_error_policy(FileNumber number, std::uint64_t readable_bytes, const Error& cause) {
  ZoneFile& file = files_[number];
  const NodeId id = tree_.id_of(Node{Node::Kind::file, tree_.group_of(number), number});
  const std::uint64_t inode = tree_.inode(id);
  const std::uint64_t size_before_bytes = file.size_bytes;
  const std::uint16_t permissions_before = file.permissions;
  // What is refused for want of space or resources is no fault of the media: the size follows the zone, no more. zonefs
  // makes no such difference.
  const bool temporary = is_temporary(cause) && !options_.strict;
  const ErrorsPolicy policy = temporary ? ErrorsPolicy::repair : options_.errors;
  if (file.size_bytes != readable_bytes) {
    log_.write(Severity::warning,
               fmt::format("inode {}: invalid size {} (should be {})", inode, file.size_bytes, readable_bytes));
  }
  if (file.zone_offline || policy == ErrorsPolicy::zone_offline) {
    log_.write(Severity::warning, fmt::format("inode {}: read/write access disabled", inode));
    file.zone_offline = true;
    file.permissions &= static_cast<std::uint16_t>(~0777U);
    readable_bytes = 0;
  } else if (file.zone_read_only || policy == ErrorsPolicy::zone_ro) {
    log_.write(Severity::warning, fmt::format("inode {}: write access disabled", inode));
    file.zone_read_only = true;
    file.permissions &= static_cast<std::uint16_t>(~0222U);
    readable_bytes = file.size_bytes;
  } else if (policy == ErrorsPolicy::remount_ro) {
    readable_bytes = std::min(readable_bytes, file.size_bytes);
  }
  if (policy == ErrorsPolicy::remount_ro) {
    set_read_only_by_error(fmt::format("errors=remount-ro: {}", cause.to_string()));
  }
  set_size(file, readable_bytes);
  // A bad zone and a full one are not closed any more.
  if (file.immutable() || (file.sequential && file.full())) file.zone_open = false;
  account_active(file);
  if (changed_ && (file.size_bytes != size_before_bytes || file.permissions != permissions_before)) changed_(id);
}

void FileSystem::set_read_only_by_error(const std::string& reason) {
  if (read_only()) return;
  health_.became_read_only(reason, clock_());
  log_.write(Severity::warning, "remounting filesystem read-only");
  read_only_by_error_ = true;
}

}  // namespace zonecopy::zonefs
