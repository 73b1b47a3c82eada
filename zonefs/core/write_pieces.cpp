// Writes to a sequential file, which takes whole blocks at its end only, though the kernel may cut a call inside a block:
// what is left of a piece is held in memory until the next piece, in the same system call, brings the rest of the block.
//
// A piece whose end is held is answered as written. So one is held only where the call is seen to go on (write(2) and
// pwrite(2), whose length the kernel shows), or where what is asked for cannot be right otherwise: a direct write has whole
// blocks. A caller who breaks that rule with one of these lengths, by a call that shows no length, learns it from fsync(2).
#include <sys/syscall.h>

#include <algorithm>

#include "zonefs/core/caller.h"
#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

Task<Result<std::uint64_t>> FileSystem::write_piece(OpenFile& open_file, std::uint64_t offset_bytes,
                                                    std::span<const std::byte> data, IoFlags flags) {
  std::optional<WriteTail> held = open_file.tail.take(flags.pid, offset_bytes);
  WriteTail tail;
  if (held) {
    tail = std::move(*held);
  } else {
    tail.pid = flags.pid;
    tail.call_start_bytes = offset_bytes;
    tail.position_bytes = flags.append ? files_[open_file.file].size_bytes : offset_bytes;
  }
  Result<std::uint64_t> written = co_await write_after(open_file, tail, data, flags);
  if (!written && held) {
    // It was acknowledged: a caller who tries again from where he was told may still bring the rest.
    tail.certain = false;
    open_file.tail.hold(std::move(tail));
  }
  co_return written;
}

Task<Result<std::uint64_t>> FileSystem::write_after(OpenFile& open_file, const WriteTail& tail,
                                                    std::span<const std::byte> data, IoFlags flags) {
  const FileNumber number = open_file.file;
  const ZoneFile& file = files_[number];
  const std::uint64_t begin_bytes = tail.position_bytes + tail.data.size();
  if (begin_bytes >= file.capacity_bytes) co_return refuse(EFBIG, "write", number);
  const bool cut = may_be_cut(data.size());
  data = data.first(std::min<std::uint64_t>(data.size(), file.capacity_bytes - begin_bytes));
  // What continues a call at least completes the block of which a part was acknowledged.
  const bool in_whole_blocks = whole_blocks(begin_bytes) && (whole_blocks(data.size()) || cut);
  if (flags.direct && tail.data.empty() && !in_whole_blocks) co_return refuse(EINVAL, "write", number);
  BufferPool::Loan loan;
  std::span<const std::byte> joined = data;
  if (!tail.data.empty()) {
    loan = co_await buffers_.acquire();
    if (!loan) co_return refuse(ENOMEM, "write", number);
    const std::span<std::byte> both = loan.first(tail.data.size() + data.size());
    std::copy(data.begin(), data.end(), std::copy(tail.data.begin(), tail.data.end(), both.begin()));
    joined = both;
  }
  const Result<std::uint64_t> written = co_await write_sequential(number, tail.position_bytes, joined, flags);
  if (!written) co_return written;
  const std::span<const std::byte> rest = joined.subspan(*written);
  const std::uint64_t of_this_piece_bytes = *written - tail.data.size();
  if (!cut || rest.empty() || rest.size() >= block_size_bytes()) co_return of_this_piece_bytes;

  WriteTail next = tail;
  next.next_offset_bytes = tail.data.empty() ? tail.call_start_bytes : tail.next_offset_bytes;
  next.next_offset_bytes += data.size();
  next.position_bytes = tail.position_bytes + *written;
  next.data.assign(rest.begin(), rest.end());
  const std::optional<bool> goes_on = co_await call_goes_on(next, flags);
  if (!goes_on.value_or(flags.direct && !flags.sync)) co_return of_this_piece_bytes;
  next.certain = goes_on.has_value();
  open_file.tail.hold(std::move(next));
  co_return data.size();
}

Task<std::optional<bool>> FileSystem::call_goes_on(const WriteTail& tail, IoFlags flags) {
  const std::optional<SystemCall> call = co_await system_call_of(loop_, tail.pid);
  const bool tells_length = call && (call->number == SYS_write || call->number == SYS_pwrite64);
  if (!tells_length) co_return std::nullopt;
  const std::uint64_t needed_bytes = tail.next_offset_bytes + block_size_bytes() - tail.data.size();
  // Where a call continues one that ended early, its own offset is the better word; with append it means nothing.
  const bool tells_offset = call->number == SYS_pwrite64 && !flags.append;
  const std::uint64_t start_bytes = tells_offset ? call->arguments[3] : tail.call_start_bytes;
  co_return start_bytes + call->arguments[2] >= needed_bytes;
}

}  // namespace zonecopy::zonefs
