// Opening and closing: who has a file open for writing, and what its zone is told of that (explicit-open).
#include <fmt/format.h>

#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

Task<Result<std::unique_ptr<OpenFile>>> FileSystem::open(FileNumber number, OpenFor use) {
  const GatePass pass(requests_);
  if (use != OpenFor::reading && read_only()) co_return refuse(EROFS, "open", number);
  // Taken in the order of arrival, so that an open that follows a release sees what that did.
  const KeyedLocks::Guard guard = co_await locks_.exclusive(number);
  ZoneFile& file = files_[number];
  if (use != OpenFor::reading && file.immutable()) co_return refuse(EPERM, "open", number);
  if (use == OpenFor::writing && file.sequential) {
    if (file.write_openers == 0) {
      const Status opened = co_await first_write_open(number);
      if (!opened) co_return opened.error();
    }
    ++file.write_openers;
  }
  auto open_file = std::make_unique<OpenFile>();
  open_file->file = number;
  open_file->writable = use == OpenFor::writing;
  co_return open_file;
}

Task<Status> FileSystem::first_write_open(FileNumber number) {
  ZoneFile& file = files_[number];
  if (options_.explicit_open) {
    // What was closed before gives its zone back first. (A file that is being closed is not this one: we have its lock.)
    Event& closed = closing_.drained();
    co_await closed;
    const std::uint32_t limit = device_->info().resource_limits.max_open_zones;
    if (limit != 0 && open_sequential_files_ >= limit) co_return refuse(EBUSY, "open", number);
  }
  ++open_sequential_files_;  // before the device is asked, for other files are opened meanwhile
  if (options_.explicit_open && !file.full()) {
    const Status opened = co_await manage(number, ZoneAction::open);
    if (!opened) {
      --open_sequential_files_;
      co_return opened;
    }
    file.zone_open = true;
    account_active(file);
  }
  co_return Status();
}

Task<void> FileSystem::release(std::unique_ptr<OpenFile> open_file) {
  const GatePass pass(requests_);
  if (!open_file->writable) co_return;
  const KeyedLocks::Guard guard = co_await locks_.exclusive(open_file->file);
  ZoneFile& file = files_[open_file->file];
  if (!file.sequential) co_return;
  if (open_file->tail.waits()) {
    log_.write(
        Severity::warning,
        fmt::format("a direct write to zone {} has ended inside a block, whose part is not written", zone_of(file)));
  }
  if (--file.write_openers == 0) co_await last_write_close(open_file->file);
}

Task<void> FileSystem::last_write_close(FileNumber number) {
  const GatePass pass(closing_);
  ZoneFile& file = files_[number];
  if (file.zone_open) {
    const ZoneAction action = file.size_bytes == 0 ? ZoneAction::reset : ZoneAction::close;
    const Status closed = co_await manage(number, action);
    if (!closed) {
      co_await handle_io_error(number, closed.error(), false);
      if (file.zone_open && !read_only()) {
        // A zone that stays open takes a resource from all others: nothing may be opened any more.
        const std::string text = fmt::format("closing zone at {} failed {}", file.start_lba * block_size_bytes() / 512,
                                             -closed.error().code());
        log_.write(Severity::warning, text);
        set_read_only_by_error(text);
      }
      co_return;  // still counted as open, as the kernel does
    }
    file.zone_open = false;
    account_active(file);
  }
  --open_sequential_files_;
}

}  // namespace zonecopy::zonefs
