#include "zonefs/core/read.h"

#include <algorithm>

#include "zonefs/core/device_errno.h"
#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {

namespace {

/// Fills the part of `blocks`, which begin at `from_bytes` in the file, that lies behind the write pointer.
void copy_end(const ZoneFiles& files, FileNumber number, std::uint64_t from_bytes, std::span<std::byte> blocks) {
  const FileEnd* const end = files.ends.find(number);
  const std::uint64_t written_bytes = files[number].size_bytes;
  if (end == nullptr || from_bytes + blocks.size() <= written_bytes) return;
  if (from_bytes < written_bytes) {
    blocks = blocks.subspan(written_bytes - from_bytes);
    from_bytes = written_bytes;
  }
  std::ranges::fill(blocks, std::byte{0});
  const std::uint64_t skipped_bytes = from_bytes - written_bytes;
  if (skipped_bytes >= end->tail.size()) return;
  const std::span<const std::byte> tail = std::span(end->tail).subspan(skipped_bytes);
  std::ranges::copy(tail.first(std::min(tail.size(), blocks.size())), blocks.begin());
}

}  // namespace

Task<Result<ReadResult>> read_bytes(Volume& volume, FileNumber number, std::uint64_t offset_bytes,
                                    std::uint64_t length_bytes, BufferPool& buffers) {
  const ZoneFiles& files = volume.files;
  ReadResult result;
  result.loan = co_await buffers.acquire();
  if (!result.loan || offset_bytes >= files.size_bytes(number)) co_return result;
  length_bytes = std::min(length_bytes, files.size_bytes(number) - offset_bytes);
  const std::uint64_t from_bytes = round_down(offset_bytes, files.block_size_bytes());
  const std::uint64_t to_bytes = round_up(offset_bytes + length_bytes, files.block_size_bytes());
  const std::span<std::byte> blocks = result.loan.first(to_bytes - from_bytes);
  // What is held in memory is copied first, since a write may run beside this, and bring it to the zone.
  copy_end(files, number, from_bytes, blocks);
  const std::uint64_t written_bytes = files[number].size_bytes;
  const std::uint64_t on_zone_bytes = std::min(to_bytes, std::max(from_bytes, written_bytes)) - from_bytes;
  const Status done = co_await read_blocks(volume, number, from_bytes, blocks.first(on_zone_bytes));
  if (!done) co_return done.error();
  result.data = blocks.subspan(offset_bytes - from_bytes, length_bytes);
  co_return result;
}

Task<Result<ReadResult>> Reader::read(OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                      IoFlags flags) {
  const GatePass pass(volume_.requests);
  const FileNumber number = open_file.file;
  const ZoneFiles& files = volume_.files;
  // The lock keeps the zone from being reset during the read. Writes may run beside it, as they are above the size.
  KeyedLocks::Guard guard = co_await volume_.locks.read(number, flags.cancel);
  if (!guard) co_return volume_.make_error(EINTR, "read", number);
  const ForegroundFirst::Operation foreground(volume_.background);
  if (files[number].unreadable()) co_return volume_.make_error(EPERM, "read", number);
  const std::uint64_t size_bytes = files.size_bytes(number);
  if (offset_bytes >= size_bytes) co_return ReadResult();
  const std::uint64_t wanted_bytes =
      std::min({length_bytes, size_bytes - offset_bytes, std::uint64_t{request_data_max_bytes}});
  const auto block_size_bytes = static_cast<std::uint32_t>(files.block_size_bytes());
  // A direct read ends inside a block where the file does.
  const std::uint64_t end_bytes = offset_bytes + wanted_bytes;
  const std::uint64_t checked_end_bytes = end_bytes == size_bytes ? round_up(end_bytes, block_size_bytes) : end_bytes;
  const bool admitted = !flags.direct || open_file.cut_reads.admit(flags.pid, offset_bytes, length_bytes,
                                                                   checked_end_bytes, block_size_bytes);
  if (!admitted) co_return volume_.make_error(EINVAL, "read", number);
  if (wanted_bytes == 0) co_return ReadResult();
  Result<ReadResult> result = co_await read_bytes(volume_, number, offset_bytes, wanted_bytes, volume_.buffers);
  if (result && !result->loan) co_return Error(ENOMEM, "read");
  if (result) co_return result;
  guard.release();
  volume_.log_error(result.error());
  co_await recovery_.after_read_error(number, result.error());
  co_return Error(device_errno(result.error()), "read");
}

}  // namespace zonecopy::zonefs
