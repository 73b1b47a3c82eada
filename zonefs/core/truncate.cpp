#include "zonefs/core/truncate.h"

#include <sys/syscall.h>

#include "zonefs/core/caller.h"
#include "zonefs/core/device_errno.h"

namespace zonecopy::zonefs {

Task<Status> Truncater::truncate(FileNumber number, std::uint64_t size_bytes, OpenFile* through, std::int32_t pid) {
  const ZoneFile& file = volume_.files[number];
  const std::uint64_t size_before_bytes = volume_.files.size_bytes(number);
  const bool strict = volume_.options.strict;
  const std::uint64_t largest_bytes = strict ? volume_.files.largest_file_bytes() : file.capacity_bytes;
  if (size_bytes > largest_bytes && size_bytes > size_before_bytes) {
    co_return volume_.make_error(EFBIG, "truncate", number);
  }
  if (!file.sequential && strict) co_return volume_.make_error(EPERM, "truncate", number);
  const bool expected = through != nullptr && through->expect_compensating_truncate_of_pid == pid;
  const bool back = size_bytes == 0
                        ? size_before_bytes != 0 && through != nullptr && through->size_at_call_start_bytes == 0
                        : size_bytes > size_before_bytes;
  if (through != nullptr) through->expect_compensating_truncate_of_pid.reset();
  if (expected && back) {
    // The kernel sends this truncate by itself, to restore the size that it remembers, unless the thread is seen to be
    // in ftruncate(2).
    const std::optional<SystemCall> call = co_await system_call_of(volume_.loop, pid);
    if (!call || call->number != SYS_ftruncate) co_return volume_.make_error(EPERM, "truncate", number);
  }
  if (size_bytes == 0 && through != nullptr) through->tail.forget();
  Status done;
  if (strict) {
    done = co_await truncate_as_zonefs(number, size_bytes);
  } else if (file.sequential) {
    done = co_await truncate_sequential(number, size_bytes);
  } else {
    done = co_await truncate_conventional(number, size_bytes);
  }
  co_return done;
}

Task<Status> Truncater::truncate_as_zonefs(FileNumber number, std::uint64_t size_bytes) {
  const ZoneFile& file = volume_.files[number];
  if (size_bytes != 0 && size_bytes != file.capacity_bytes) co_return volume_.make_error(EPERM, "truncate", number);
  if (file.size_bytes == size_bytes) co_return Status();
  const Status set = co_await set_zone(number, size_bytes);
  co_return set;
}

Task<Status> Truncater::truncate_sequential(FileNumber number, std::uint64_t size_bytes) {
  const ZoneFile& file = volume_.files[number];
  const std::uint64_t size_before_bytes = volume_.files.size_bytes(number);
  if (size_bytes == size_before_bytes) co_return Status();
  Status done;
  if (size_bytes == 0) {
    if (file.size_bytes != 0) done = co_await set_zone(number, 0);
    if (done) volume_.files.ends.drop(number);
  } else if (size_bytes < size_before_bytes) {
    done = volume_.make_error(EPERM, "truncate", number, "a zone does not become shorter, except to nothing");
  } else if (size_bytes == file.capacity_bytes) {
    // Behind the data a finished zone reads as zeros.
    done = co_await bring_to_zone(number,
                                  round_up(volume_.files.data_end_bytes(number), volume_.files.block_size_bytes()));
    if (done && !file.full()) done = co_await set_zone(number, size_bytes);
    if (done) volume_.files.ends.drop(number);
  } else {
    done = co_await grow(number, size_bytes);
  }
  co_return done;
}

Task<Status> Truncater::grow(FileNumber number, std::uint64_t size_bytes) {
  if (volume_.files[number].write_openers != 0) {
    // Whoever has the file open may still write into what it grows by, as qemu-img(1) does. The last close writes the
    // zeros that are left.
    volume_.files.ends.extend(number, size_bytes - volume_.files.data_end_bytes(number));
    co_return Status();
  }
  const bool refused = !volume_.files.whole_blocks(size_bytes) && volume_.options.tail == TailPolicy::refuse;
  if (refused) co_return volume_.make_error(EINVAL, "truncate", number, "the size is not of whole blocks");
  const Status filled = co_await bring_to_zone(number, round_up(size_bytes, volume_.files.block_size_bytes()));
  co_return filled;
}

Task<Status> Truncater::bring_to_zone(FileNumber number, std::uint64_t end_bytes) {
  const WriteOutcome filled = co_await stream_.fill_to(number, end_bytes);
  if (!filled.error) co_return Status();
  if (!filled.on_device) co_return *filled.error;
  volume_.log_error(*filled.error);
  co_await recovery_.after_error(number, *filled.error, true);
  co_return Error(device_errno(*filled.error), "truncate");
}

Task<Status> Truncater::truncate_conventional(FileNumber number, std::uint64_t size_bytes) {
  // The contents stay, as on a block device. (FileSystem notes that it was emptied.)
  if (size_bytes == 0) co_return Status();
  if (!volume_.emptied.written_bytes(number)) {
    if (size_bytes == volume_.files.size_bytes(number)) co_return Status();
    co_return volume_.make_error(EPERM, "truncate", number, "a conventional file has the size of its zones");
  }
  const Status filled = co_await conventional_.fill_gap(number, size_bytes);
  if (filled) co_return filled;
  volume_.log_error(filled.error());
  co_return Error(device_errno(filled.error()), "truncate");
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
