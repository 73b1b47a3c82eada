#include "zonefs/core/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "zonefs/core/device_errno.h"

namespace zonecopy::zonefs {

Task<void> Recovery::after_read_error(FileNumber number, const Error& cause) {
  const KeyedLocks::Guard guard = co_await volume_.locks.exclusive(number);
  co_await after_error(number, cause, false);
}

Task<void> Recovery::after_write_error(FileNumber number, const Error& cause, KeyedLocks::Guard& guard) {
  const KeyedLocks::Mode mode = guard.mode();
  if (mode == KeyedLocks::Mode::read || mode == KeyedLocks::Mode::write_beside) {
    // Others hold the lock in the same mode, so it cannot be upgraded.
    guard.release();
    guard = co_await volume_.locks.exclusive(number);
  } else {
    // No later write may come before the file is corrected.
    co_await guard.upgrade();
  }
  co_await after_error(number, cause, true);
}

Task<void> Recovery::follow_zone(FileNumber number) {
  const ZoneFile& file = volume_.files[number];
  const Result<std::vector<Zone>> zones = co_await volume_.device->report_zones(volume_.files.zone_of(number), 1);
  if (!zones || zones->empty()) co_return;
  const Zone& zone = zones->front();
  if (zone.condition == ZoneCondition::read_only || zone.condition == ZoneCondition::offline) co_return;
  const bool full = zone.condition == ZoneCondition::full;
  const std::uint64_t written_blocks = zone.write_pointer_lba - zone.start_lba;
  const std::uint64_t size_bytes = full ? file.capacity_bytes : written_blocks * volume_.files.block_size_bytes();
  if (size_bytes == file.size_bytes) co_return;
  const std::uint64_t size_before_bytes = file.size_bytes;
  volume_.files.set_size(number, size_bytes);
  drop_end(number, size_before_bytes);
  volume_.tell_changed(number);
}

Task<void> Recovery::after_error(FileNumber number, const Error& cause, bool write) {
  const ZoneFile& file = volume_.files[number];
  std::uint64_t readable_bytes = file.capacity_bytes;
  if (file.sequential) {
    const Result<std::vector<Zone>> zones = co_await volume_.device->report_zones(volume_.files.zone_of(number), 1);
    if (!zones || zones->empty()) {
      zone_information_failed(number, zones ? EIO : zones.error().code(), cause);
      co_return;
    }
    readable_bytes = note_condition(number, zones->front());
  }
  if (!file.immutable() && !write && file.size_bytes == readable_bytes)
    co_return;  // the media could not be read; nothing else is wrong
  apply_policy(number, readable_bytes, cause);
}

void Recovery::zone_information_failed(FileNumber number, int code, const Error& cause) {
  const std::string text =
      fmt::format("Get inode {} zone information failed {}", volume_.tree.inode(volume_.node_of(number)), -code);
  volume_.log.write(Severity::error, text);
  set_read_only(fmt::format("{}; {}", text, cause.to_string()));
}

/// Marks the file where its zone has failed. Returns the size up to which the file can be read, in bytes.
std::uint64_t Recovery::note_condition(FileNumber number, const Zone& zone) {
  ZoneFile& file = volume_.files[number];
  const std::uint64_t sector = volume_.files.start_sector(number);
  const std::uint64_t written_bytes = (zone.write_pointer_lba - zone.start_lba) * volume_.files.block_size_bytes();
  switch (zone.condition) {
    case ZoneCondition::offline:
      volume_.log.write(Severity::warning, fmt::format("Zone {}: offline zone", sector));
      file.zone_offline = true;
      return 0;
    case ZoneCondition::read_only:
      volume_.log.write(Severity::warning, fmt::format("Zone {}: read-only zone", sector));
      file.zone_read_only = true;
      return written_bytes;
    case ZoneCondition::full: return file.capacity_bytes;
    default: return written_bytes;
  }
}

void Recovery::apply_policy(FileNumber number, std::uint64_t readable_bytes, const Error& cause) {
  ZoneFile& file = volume_.files[number];
  const NodeId id = volume_.node_of(number);
  const std::uint64_t inode = volume_.tree.inode(id);
  const std::uint64_t size_before_bytes = file.size_bytes;
  const std::uint16_t permissions_before = file.permissions;
  // A temporary error, such as a lack of space, is no fault of the media, so that only the size is corrected. zonefs
  // makes no such difference.
  const bool temporary = is_temporary(cause) && !volume_.options.strict;
  const ErrorsPolicy policy = temporary ? ErrorsPolicy::repair : volume_.options.errors;
  const auto warn = [&](const std::string& text) {
    volume_.log.write(Severity::warning, fmt::format("inode {}: {}", inode, text));
  };
  if (file.size_bytes != readable_bytes) {
    warn(fmt::format("invalid size {} (should be {})", file.size_bytes, readable_bytes));
  }
  if (file.zone_offline || policy == ErrorsPolicy::zone_offline) {
    warn("read/write access disabled");
    file.zone_offline = true;
    file.permissions &= static_cast<std::uint16_t>(~0777U);
    readable_bytes = 0;
  } else if (file.zone_read_only || policy == ErrorsPolicy::zone_ro) {
    warn("write access disabled");
    file.zone_read_only = true;
    file.permissions &= static_cast<std::uint16_t>(~0222U);
    readable_bytes = file.size_bytes;
  } else if (policy == ErrorsPolicy::remount_ro) {
    readable_bytes = std::min(readable_bytes, file.size_bytes);
  }
  if (policy == ErrorsPolicy::remount_ro) set_read_only(fmt::format("errors=remount-ro: {}", cause.to_string()));
  // A zone that is bad or full needs no Close Zone command.
  if (file.immutable() || (file.sequential && readable_bytes >= file.capacity_bytes)) file.zone_open = false;
  volume_.files.set_size(number, readable_bytes);
  drop_end(number, size_before_bytes);
  const bool differs = file.size_bytes != size_before_bytes || file.permissions != permissions_before;
  if (differs) volume_.tell_changed(number);
}

/// Drops what was held behind the write pointer, unless it can still be written there.
void Recovery::drop_end(FileNumber number, std::uint64_t size_before_bytes) {
  const ZoneFile& file = volume_.files[number];
  const std::uint64_t tail_bytes = volume_.files.ends.tail_bytes(number);
  if (file.size_bytes == size_before_bytes && !file.immutable()) return;
  volume_.files.ends.drop(number);
  if (tail_bytes == 0 || file.size_bytes > size_before_bytes) return;  // where the file grew, they have come first
  volume_.log.write(Severity::warning, fmt::format("{}: the last {} bytes are lost, as they filled no block",
                                                   volume_.tree.path_of(number), tail_bytes));
}

void Recovery::set_read_only(const std::string& reason) {
  if (volume_.read_only()) return;
  volume_.health.became_read_only(reason, volume_.clock());
  volume_.log.write(Severity::warning, "remounting filesystem read-only");
  volume_.read_only_by_error = true;
}

}  // namespace zonecopy::zonefs
