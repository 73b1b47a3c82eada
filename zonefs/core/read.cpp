#include "zonefs/core/read.h"

#include <algorithm>

#include "zonefs/core/device_errno.h"
#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {

Task<Result<ReadResult>> Reader::read(OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                      IoFlags flags) {
  const GatePass pass(volume_.requests);
  const FileNumber number = open_file.file;
  const ZoneFiles& files = volume_.files;
  // The lock keeps the zone from being reset during the read. Writes may run beside it, as they are above the size.
  KeyedLocks::Guard guard = co_await volume_.locks.read(number, flags.cancel);
  if (!guard) co_return volume_.make_error(EINTR, "read", number);
  const ZoneFile& file = files[number];
  if (file.unreadable()) co_return volume_.make_error(EPERM, "read", number);
  ReadResult result;
  if (offset_bytes >= file.size_bytes) co_return result;
  const std::uint64_t wanted_bytes =
      std::min({length_bytes, file.size_bytes - offset_bytes, std::uint64_t{request_data_max_bytes}});
  const auto block_size_bytes = static_cast<std::uint32_t>(files.block_size_bytes());
  const bool admitted = !flags.direct || open_file.cut_reads.admit(flags.pid, offset_bytes, length_bytes,
                                                                   offset_bytes + wanted_bytes, block_size_bytes);
  if (!admitted) co_return volume_.make_error(EINVAL, "read", number);
  if (wanted_bytes == 0) co_return result;
  const std::uint64_t from_bytes = round_down(offset_bytes, block_size_bytes);
  const std::uint64_t to_bytes = round_up(offset_bytes + wanted_bytes, block_size_bytes);
  result.loan = co_await volume_.buffers.acquire();
  if (!result.loan) co_return Error(ENOMEM, "read");
  const std::span<std::byte> blocks = result.loan.first(to_bytes - from_bytes);
  const Status done = co_await read_blocks(volume_, number, from_bytes, blocks);
  if (!done) {
    guard.release();
    result.loan = {};  // the recovery waits for holders of the file, and these may be waiting for a buffer
    volume_.log_error(done.error());
    co_await recovery_.after_read_error(number, done.error());
    co_return Error(device_errno(done.error()), "read");
  }
  result.data = blocks.subspan(offset_bytes - from_bytes, wanted_bytes);
  co_return result;
}

}  // namespace zonecopy::zonefs
