#include "zonefs/core/truncate.h"

#include <sys/syscall.h>

#include "zonefs/core/caller.h"

namespace zonecopy::zonefs {

Task<Status> Truncater::truncate(FileNumber number, std::uint64_t size_bytes, OpenFile* through, std::int32_t pid) {
  const ZoneFile& file = volume_.files[number];
  if (size_bytes > volume_.files.largest_file_bytes() && size_bytes > file.size_bytes) {
    co_return volume_.make_error(EFBIG, "truncate", number);
  }
  if (!file.sequential) co_return volume_.make_error(EPERM, "truncate", number);
  if (size_bytes != 0 && size_bytes != file.capacity_bytes) co_return volume_.make_error(EPERM, "truncate", number);
  const bool expected = through != nullptr && through->expect_compensating_truncate_of_pid == pid;
  if (through != nullptr) through->expect_compensating_truncate_of_pid.reset();
  if (size_bytes == 0 && file.size_bytes != 0 && expected) {
    // The kernel sends this truncate by itself, to restore the size that it remembers, unless the thread is seen to be
    // in ftruncate(2).
    const std::optional<SystemCall> call = co_await system_call_of(volume_.loop, pid);
    if (!call || call->number != SYS_ftruncate) co_return volume_.make_error(EPERM, "truncate", number);
  }
  if (size_bytes == 0 && through != nullptr) through->tail.forget();
  if (file.size_bytes == size_bytes) co_return Status();
  const Status set = co_await set_zone(number, size_bytes);
  co_return set;
}

Task<Status> Truncater::set_zone(FileNumber number, std::uint64_t size_bytes) {
  ZoneFile& file = volume_.files[number];
  const Status managed =
      co_await manage_zone(volume_, number, size_bytes == 0 ? ZoneAction::reset : ZoneAction::finish);
  if (!managed) {
    if (!volume_.options.strict) co_await recovery_.follow_zone(number);
    co_return managed;
  }
  if (size_bytes != 0) file.zone_open = false;
  volume_.files.set_size(number, size_bytes);
  Status reopened;
  if (file.zone_open) {
    // A reset closes the zone, but those who have the file open (explicit-open) rely on it being open.
    reopened = co_await manage_zone(volume_, number, ZoneAction::open);
    file.zone_open = reopened.ok();
    volume_.files.account_active(number);
  }
  co_return reopened;
}

}  // namespace zonecopy::zonefs
