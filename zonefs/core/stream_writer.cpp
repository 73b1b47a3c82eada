#include "zonefs/core/stream_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "src/device/zeros.h"

namespace zonecopy::zonefs {
namespace {

WriteOutcome failed(Error error, bool on_device) {
  WriteOutcome outcome;
  outcome.error = std::move(error);
  outcome.on_device = on_device;
  return outcome;
}

/// The tail of `end`, which may be null, and the data behind it, at the beginning of the memory of `loan`, in which the
/// data may lie already.
std::span<const std::byte> join(const FileEnd* end, std::span<const std::byte> data, const BufferPool::Loan& loan) {
  const std::span<const std::byte> tail = end == nullptr ? std::span<const std::byte>() : std::span(end->tail);
  const std::span<std::byte> both = loan.first(tail.size() + data.size());
  std::memmove(both.data() + tail.size(), data.data(), data.size());
  std::copy(tail.begin(), tail.end(), both.begin());
  return both;
}

}  // namespace

std::optional<Error> StreamWriter::refusal(FileNumber number, std::uint64_t position_bytes) const {
  if (position_bytes >= volume_.files[number].capacity_bytes) return volume_.make_error(EFBIG, "write", number);
  if (position_bytes < volume_.files.data_end_bytes(number)) {
    return volume_.make_error(EINVAL, "write", number, "a sequential file is written at its end");
  }
  return std::nullopt;
}

Task<WriteOutcome> StreamWriter::write(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data,
                                       IoFlags flags) {
  const std::uint64_t position_bytes = flags.append ? volume_.files.size_bytes(number) : offset_bytes;
  const std::optional<Error> refused = refusal(number, position_bytes);
  if (refused) co_return failed(*refused, false);
  data = data.first(std::min<std::uint64_t>(data.size(), volume_.files[number].capacity_bytes - position_bytes));
  if (flags.sync) {
    const std::uint64_t end_bytes = round_down(position_bytes + data.size(), volume_.files.block_size_bytes());
    if (end_bytes <= position_bytes) {
      co_return failed(volume_.make_error(EINVAL, "write", number, "a synchronous write fills no block"), false);
    }
    data = data.first(end_bytes - position_bytes);
  }
  WriteOutcome outcome;
  outcome.position_bytes = position_bytes;
  outcome.bytes = data.size();
  if (!flags.sync && asks_for_zeros_that_are_there(number, position_bytes, data)) co_return outcome;
  outcome = co_await fill_to(number, position_bytes);
  if (!outcome.error) {
    const bool zone_append = flags.append && volume_.info().max_append_bytes != 0;
    outcome = co_await append(number, data, nullptr, zone_append);
  }
  outcome.position_bytes = position_bytes;
  co_return outcome;
}

/// Zeros in the place of zeros that are still to be written: they are to be written as before.
bool StreamWriter::asks_for_zeros_that_are_there(FileNumber number, std::uint64_t position_bytes,
                                                 std::span<const std::byte> data) const {
  const bool within = position_bytes + data.size() <= volume_.files.size_bytes(number);
  return within && std::ranges::all_of(data, [](std::byte each) { return each == std::byte{0}; });
}

Task<WriteOutcome> StreamWriter::append(FileNumber number, std::span<const std::byte> data, BufferPool::Loan* own,
                                        bool zone_append) {
  const ZoneFile& file = volume_.files[number];
  WriteOutcome outcome;
  outcome.bytes = data.size();
  const std::uint64_t tail_bytes = volume_.files.ends.tail_bytes(number);
  if (tail_bytes + data.size() < volume_.files.block_size_bytes()) {
    volume_.files.ends.hold(number, data);
    co_return outcome;
  }
  std::span<const std::byte> joined = data;
  BufferPool::Loan loan;
  if (tail_bytes != 0 && own == nullptr) {
    loan = co_await volume_.buffers.acquire();
    if (!loan) co_return failed(volume_.make_error(ENOMEM, "write", number), false);
    own = &loan;
  }
  if (own != nullptr) joined = join(volume_.files.ends.find(number), data, *own);
  const std::span<const std::byte> whole = joined.first(round_down(joined.size(), volume_.files.block_size_bytes()));
  const Status done = co_await write_blocks(volume_, number, file.size_bytes, whole, zone_append);
  if (!done) co_return failed(done.error(), true);
  volume_.files.grow_to(number, file.size_bytes + whole.size());
  if (tail_bytes != 0) volume_.tell_overwritten(number);
  volume_.files.ends.advance(number, data.size(), joined.subspan(whole.size()));
  co_return outcome;
}

Task<WriteOutcome> StreamWriter::fill_to(FileNumber number, std::uint64_t end_bytes) {
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  WriteOutcome outcome;
  const std::uint64_t tail_bytes = volume_.files.ends.tail_bytes(number);
  if (tail_bytes != 0 && volume_.files.data_end_bytes(number) < end_bytes) {
    const std::uint64_t part_bytes =
        std::min(end_bytes - volume_.files.data_end_bytes(number), block_size_bytes - tail_bytes);
    outcome = co_await append(number, std::span(zeros).first(part_bytes), nullptr, false);
    if (outcome.error) co_return outcome;
  }
  const std::uint64_t from_bytes = volume_.files.data_end_bytes(number);
  if (from_bytes >= end_bytes) co_return outcome;
  const std::uint64_t whole_bytes = round_down(end_bytes - from_bytes, block_size_bytes);
  if (whole_bytes != 0) {
    const Status done = co_await write_zero_blocks(volume_, number, from_bytes, whole_bytes / block_size_bytes);
    if (!done) co_return failed(done.error(), true);
    volume_.files.grow_to(number, from_bytes + whole_bytes);
    volume_.files.ends.advance(number, whole_bytes, {});
  }
  outcome = co_await append(number, std::span(zeros).first(end_bytes - from_bytes - whole_bytes), nullptr, false);
  co_return outcome;
}

Task<WriteOutcome> StreamWriter::settle(FileNumber number) {
  WriteOutcome outcome = co_await fill_to(number, volume_.files.size_bytes(number));
  FileEnd* const end = volume_.files.ends.find(number);
  if (outcome.error || end == nullptr) co_return outcome;
  if (volume_.options.tail == TailPolicy::pad) {
    const std::uint64_t missing_bytes = volume_.files.block_size_bytes() - end->tail.size();
    outcome = co_await append(number, std::span(zeros).first(missing_bytes), nullptr, false);
    volume_.tell_changed(number);
    co_return outcome;
  }
  volume_.tails.last = fmt::format("{}: {} bytes", volume_.tree.path_of(number), end->size_bytes());
  co_return failed(volume_.make_error(EIO, "write", number, "the end of the file fills no block"), false);
}

Task<WriteOutcome> StreamWriter::end_of_writing(FileNumber number) {
  WriteOutcome outcome;
  // After remount,ro there is no writer any more, but zeros may be left that one has asked for (LateZeros).
  const bool writable = !volume_.read_only_by_error && !volume_.files[number].immutable();
  if (writable) outcome = co_await settle(number);
  FileEnd* const end = volume_.files.ends.find(number);
  if (end == nullptr) co_return outcome;
  std::string why = "they fill no block (tail=refuse)";
  if (outcome.on_device) why = fmt::format("the device does not take them: {}", outcome.error->to_string());
  if (!writable) why = "the file or the mount is read-only";
  drop(number, end->size_bytes(), why);
  volume_.tell_changed(number);
  co_return outcome;
}

void StreamWriter::drop(FileNumber number, std::uint64_t bytes, const std::string& why) {
  const std::string path = volume_.tree.path_of(number);
  ++volume_.tails.refused;
  volume_.tails.last = fmt::format("{}: {} bytes", path, bytes);
  volume_.log.write(Severity::warning, fmt::format("{}: the last {} bytes are not written, as {}", path, bytes, why));
  volume_.files.ends.drop(number);
}

}  // namespace zonecopy::zonefs
