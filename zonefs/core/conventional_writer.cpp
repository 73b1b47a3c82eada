#include "zonefs/core/conventional_writer.h"

#include <algorithm>
#include <cstring>

#include "src/device/zeros.h"
#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {

Task<WriteOutcome> ConventionalWriter::write(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                             std::span<const std::byte> data, IoFlags flags) {
  const ZoneFiles& files = volume_.files;
  WriteOutcome outcome;
  const std::uint64_t asked_bytes = data.size();
  data = data.first(std::min<std::uint64_t>(data.size(), files[number].capacity_bytes - offset_bytes));
  const auto block_size_bytes = static_cast<std::uint32_t>(files.block_size_bytes());
  const bool admitted =
      !flags.direct || open_file == nullptr ||
      open_file->cut_writes.admit(flags.pid, offset_bytes, asked_bytes, offset_bytes + data.size(), block_size_bytes);
  if (!admitted) {
    outcome.error = volume_.make_error(EINVAL, "write", number);
    co_return outcome;
  }
  volume_.emptied.begins(number, open_file == nullptr ? 0 : open_file->number);
  Status done = co_await fill_gap(number, offset_bytes);
  if (done) done = co_await write_bytes(number, offset_bytes, data);
  if (done) {
    outcome.bytes = data.size();
    volume_.emptied.wrote(number, offset_bytes + data.size());
  } else {
    outcome.error = done.error();
    outcome.on_device = true;
  }
  co_return outcome;
}

Task<Status> ConventionalWriter::fill_gap(FileNumber number, std::uint64_t end_bytes) {
  const std::optional<std::uint64_t> written_bytes = volume_.emptied.written_bytes(number);
  if (!written_bytes || *written_bytes >= end_bytes) co_return Status();
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  const std::uint64_t begin_bytes = *written_bytes;
  const std::uint64_t first_whole_bytes = std::min(round_up(begin_bytes, block_size_bytes), end_bytes);
  const std::uint64_t end_whole_bytes = std::max(round_down(end_bytes, block_size_bytes), first_whole_bytes);
  const std::span<const std::byte> head = std::span(zeros).first(first_whole_bytes - begin_bytes);
  const std::span<const std::byte> rest = std::span(zeros).first(end_bytes - end_whole_bytes);
  const std::uint64_t whole_blocks = (end_whole_bytes - first_whole_bytes) / block_size_bytes;
  Status done = co_await rewrite_blocks(number, begin_bytes, head);
  if (done) done = co_await write_zero_blocks(volume_, number, first_whole_bytes, whole_blocks);
  if (done) done = co_await rewrite_blocks(number, end_whole_bytes, rest);
  if (done) volume_.emptied.wrote(number, end_bytes);
  volume_.tell_changed(number);  // the kernel may have what was there in its cache
  co_return done;
}

Task<Status> ConventionalWriter::write_bytes(FileNumber number, std::uint64_t offset_bytes,
                                             std::span<const std::byte> data) {
  Status done;
  if (volume_.files.whole_blocks(offset_bytes) && volume_.files.whole_blocks(data.size())) {
    done = co_await write_blocks(volume_, number, offset_bytes, data, false);
  } else {
    done = co_await rewrite_blocks(number, offset_bytes, data);
  }
  co_return done;
}

/// Writes a range that covers parts of blocks: reads these blocks first and writes them whole.
Task<Status> ConventionalWriter::rewrite_blocks(FileNumber number, std::uint64_t offset_bytes,
                                                std::span<const std::byte> data) {
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  while (!data.empty()) {
    const std::size_t part_bytes = std::min(data.size(), std::size_t{request_data_max_bytes});
    const std::uint64_t from_bytes = round_down(offset_bytes, block_size_bytes);
    const std::uint64_t to_bytes = round_up(offset_bytes + part_bytes, block_size_bytes);
    const BufferPool::Loan loan = co_await volume_.buffers.acquire();
    if (!loan) co_return Error(ENOMEM, "write");
    const std::span<std::byte> blocks = loan.first(to_bytes - from_bytes);
    const Status read = co_await read_blocks(volume_, number, from_bytes, blocks);
    if (!read) co_return read;
    std::memcpy(blocks.data() + (offset_bytes - from_bytes), data.data(), part_bytes);
    const Status written = co_await write_blocks(volume_, number, from_bytes, blocks, false);
    if (!written) co_return written;
    data = data.subspan(part_bytes);
    offset_bytes += part_bytes;
  }
  co_return Status();
}

}  // namespace zonecopy::zonefs
