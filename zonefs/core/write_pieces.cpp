#include "zonefs/core/write_pieces.h"

#include <sys/syscall.h>

#include <algorithm>

#include "zonefs/core/caller.h"

namespace zonecopy::zonefs {

Status PieceWriter::may_begin(FileNumber number, const WriteOutcome& at, std::uint64_t length_bytes) const {
  const ZoneFiles& files = volume_.files;
  const ZoneFile& file = files[number];
  const std::uint64_t begin_bytes = at.begin_bytes();
  if (begin_bytes >= file.capacity_bytes) return volume_.make_error(EFBIG, "write", number);
  const std::uint64_t taken_bytes = std::min(length_bytes, file.capacity_bytes - begin_bytes);
  // A request that continues a call must at least complete the block of which a part was acknowledged.
  const bool in_whole_blocks =
      files.whole_blocks(begin_bytes) && (files.whole_blocks(taken_bytes) || may_be_cut(length_bytes));
  if (!at.continued && !in_whole_blocks) return volume_.make_error(EINVAL, "write", number);
  if (at.position_bytes != files.size_bytes(number)) return volume_.make_error(EINVAL, "write", number);
  return {};
}

Task<WriteOutcome> PieceWriter::write(OpenFile& open_file, std::uint64_t offset_bytes, std::span<const std::byte> data,
                                      IoFlags flags) {
  const FileNumber number = open_file.file;
  const ZoneFile& file = volume_.files[number];
  WriteOutcome outcome;
  outcome.continued = open_file.tail.take(flags.pid, offset_bytes);
  outcome.position_bytes = flags.append ? volume_.files.size_bytes(number) : offset_bytes;
  if (outcome.continued) outcome.position_bytes = outcome.continued->position_bytes;
  const bool cut = may_be_cut(data.size());
  const Status allowed = may_begin(number, outcome, data.size());
  if (!allowed) {
    outcome.error = allowed.error();
    co_return outcome;
  }
  data = data.first(std::min<std::uint64_t>(data.size(), file.capacity_bytes - outcome.begin_bytes()));
  if (volume_.files.ends.find(number) != nullptr) {  // zeros up to here, as ftruncate(2) has asked for them
    WriteOutcome filled = co_await stream_.fill_to(number, outcome.position_bytes);
    if (filled.error) co_return filled;
  }
  BufferPool::Loan loan;
  std::span<const std::byte> joined = data;
  if (outcome.continued) {
    loan = co_await volume_.buffers.acquire();
    if (!loan) {
      outcome.error = volume_.make_error(ENOMEM, "write", number);
      co_return outcome;
    }
    const std::vector<std::byte>& tail = outcome.continued->data;
    const std::span<std::byte> both = loan.first(tail.size() + data.size());
    std::copy(data.begin(), data.end(), std::copy(tail.begin(), tail.end(), both.begin()));
    joined = both;
  }
  const std::span<const std::byte> whole = joined.first(round_down(joined.size(), volume_.files.block_size_bytes()));
  if (whole.empty()) {
    outcome.error = volume_.make_error(EINVAL, "write", number);
    co_return outcome;
  }
  const bool append = flags.append && volume_.info().max_append_bytes != 0;
  const Status done = co_await write_blocks(volume_, number, outcome.position_bytes, whole, append);
  if (!done) {
    outcome.error = done.error();
    outcome.on_device = true;
    co_return outcome;
  }
  const std::uint64_t end_bytes = outcome.position_bytes + whole.size();
  volume_.files.grow_to(number, end_bytes);
  const std::span<const std::byte> rest = joined.subspan(whole.size());
  outcome.bytes = data.size() - rest.size();
  if (!cut || rest.empty()) co_return outcome;

  WriteTail next;
  next.pid = flags.pid;
  next.call_start_bytes = outcome.continued ? outcome.continued->call_start_bytes : offset_bytes;
  next.next_offset_bytes = offset_bytes + data.size();
  next.position_bytes = end_bytes;
  next.data.assign(rest.begin(), rest.end());
  const bool held = co_await hold_rest(open_file, std::move(next), flags);
  if (held) outcome.bytes = data.size();
  co_return outcome;
}

Task<bool> PieceWriter::hold_rest(OpenFile& open_file, WriteTail next, IoFlags flags) {
  const std::optional<bool> goes_on = co_await call_goes_on(next, flags);
  if (!goes_on.value_or(!flags.sync)) co_return false;
  next.certain = goes_on.has_value();
  open_file.tail.hold(std::move(next));
  co_return true;
}

void PieceWriter::hold_again(OpenFile& open_file, WriteTail tail) {
  tail.certain = false;
  open_file.tail.hold(std::move(tail));
}

Task<std::optional<bool>> PieceWriter::call_goes_on(const WriteTail& tail, IoFlags flags) {
  const std::optional<SystemCall> call = co_await system_call_of(volume_.loop, tail.pid);
  const bool tells_length = call && (call->number == SYS_write || call->number == SYS_pwrite64);
  if (!tells_length) co_return std::nullopt;
  const std::uint64_t needed_bytes = tail.next_offset_bytes + volume_.files.block_size_bytes() - tail.data.size();
  // The offset argument of pwrite(2) tells best where the call began, also where it continues one that ended early.
  // With append it has no meaning.
  const bool tells_offset = call->number == SYS_pwrite64 && !flags.append;
  const std::uint64_t start_bytes = tells_offset ? call->arguments[3] : tail.call_start_bytes;
  co_return start_bytes + call->arguments[2] >= needed_bytes;
}

}  // namespace zonecopy::zonefs
