#include "zonefs/core/openings.h"

#include <fmt/format.h>

namespace zonecopy::zonefs {

Status Openings::may_open(FileNumber number, OpenFor use) const {
  if (use == OpenFor::reading) return {};
  if (volume_.read_only()) return volume_.make_error(EROFS, "open", number);
  if (volume_.files[number].immutable()) return volume_.make_error(EPERM, "open", number);
  return {};
}

Task<Result<std::unique_ptr<OpenFile>>> Openings::open(FileNumber number, OpenFor use, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  ZoneFile& file = volume_.files[number];
  const Status allowed = may_open(number, use);
  if (!allowed) co_return allowed.error();
  if (use == OpenFor::writing && file.sequential) {
    // Without explicit-open only a counter changes. With it, an open that follows the last close must see the zone
    // closed, so both take the lock for writing. No copy into the file is waited for,
    // since nobody else has it open for writing then.
    const bool tells_zone = volume_.options.explicit_open || file.zone_open;
    KeyedLocks::Guard guard;
    if (tells_zone && file.write_openers == 0) {
      guard = co_await volume_.locks.write(number, cancel);
      if (!guard) co_return volume_.make_error(EINTR, "open", number);
      const Status still_allowed = may_open(number, use);
      if (!still_allowed) co_return still_allowed.error();
    }
    if (file.write_openers == 0) {
      const Status opened = co_await first_write_open(number);
      if (!opened) co_return opened.error();
    }
    ++file.write_openers;
  } else if (use == OpenFor::writing) {
    ++file.write_openers;
  }
  auto open_file = std::make_unique<OpenFile>();
  open_file->file = number;
  open_file->writable = use == OpenFor::writing;
  if (open_file->writable && !file.sequential) open_file->number = volume_.emptied.opened(number);
  co_return open_file;
}

Task<Status> Openings::first_write_open(FileNumber number) {
  ZoneFile& file = volume_.files[number];
  if (volume_.options.explicit_open) {
    // Files that are being closed give back their zones first. (This file is not among them, as its lock is held here.)
    Event& closed = closing_.drained();
    co_await closed;
    const std::uint32_t limit = volume_.info().resource_limits.max_open_zones;
    if (limit != 0 && volume_.files.open_sequential_files() >= limit)
      co_return volume_.make_error(EBUSY, "open", number);
  }
  volume_.files.count_open(1);  // before the command is sent, as other files may be opened meanwhile
  if (volume_.options.explicit_open && !file.full()) {
    const Status opened = co_await manage_zone(volume_, number, ZoneAction::open);
    if (!opened) {
      volume_.files.count_open(-1);
      co_return opened;
    }
    file.zone_open = true;
    volume_.files.account_active(number);
  }
  co_return Status();
}

Task<void> Openings::release(std::unique_ptr<OpenFile> open_file) {
  const GatePass pass(volume_.requests);
  const FileNumber number = open_file->file;
  ZoneFile& file = volume_.files[number];
  if (!open_file->writable) co_return;
  if (!file.sequential) {
    --file.write_openers;
    volume_.emptied.closed(number, open_file->number);
    co_return;
  }
  if (open_file->tail.waits()) {
    volume_.log.write(Severity::warning,
                      fmt::format("a direct write to zone {} has ended inside a block, whose part is not written",
                                  volume_.files.zone_of(number)));
  }
  KeyedLocks::Guard guard;
  const bool tells_zone = volume_.options.explicit_open || file.zone_open;
  FileEnd* const end = volume_.files.ends.find(number);
  if (end != nullptr && file.write_openers == 1) end->ending = true;
  const bool waits = tells_zone || end != nullptr;
  if (waits && file.write_openers == 1) guard = co_await volume_.locks.write(number);
  if (file.write_openers == 1 && guard) co_await end_of_writing(number, guard);
  volume_.files.ends.go_on(number);
  if (--file.write_openers != 0) co_return;
  co_await last_write_close(number, guard);
}

Task<void> Openings::end_of_writing(FileNumber number, KeyedLocks::Guard& guard) {
  if (volume_.files.ends.find(number) == nullptr) co_return;
  if (late_zeros_.may_wait(number)) {
    late_zeros_.leave(number);
  } else {
    co_await late_zeros_.end_now(number, guard);
  }
}

/// `guard` holds the file's lock where its zone is open.
Task<void> Openings::last_write_close(FileNumber number, KeyedLocks::Guard& guard) {
  ZoneFile& file = volume_.files[number];
  if (file.zone_open) {
    const ZoneAction action = file.size_bytes == 0 ? ZoneAction::reset : ZoneAction::close;
    closing_.enter();
    const Status closed = co_await manage_zone(volume_, number, action);
    // Before anything else is waited for: an open that has its own file waits for this.
    closing_.leave();
    if (!closed) {
      co_await guard.upgrade();
      co_await recovery_.after_error(number, closed.error(), false);
      if (file.zone_open && !volume_.read_only()) {
        // A zone that cannot be closed keeps its open resource, so the mount becomes read-only, as with zonefs.
        const std::string text =
            fmt::format("closing zone at {} failed {}", volume_.files.start_sector(number), -closed.error().code());
        volume_.log.write(Severity::warning, text);
        recovery_.set_read_only(text);
      }
      co_return;  // the file still counts as open, as with zonefs
    }
    file.zone_open = false;
    volume_.files.account_active(number);
  }
  volume_.files.count_open(-1);
}

}  // namespace zonecopy::zonefs
