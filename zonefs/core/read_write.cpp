// Reading, writing and making durable. The order of the checks is that of fs/zonefs; zonecopyfs(8) lists the errors.
#include <algorithm>
#include <cstring>

#include "zonefs/core/device_errno.h"
#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {
namespace {

std::uint64_t round_down(std::uint64_t value, std::uint64_t unit) { return value / unit * unit; }
std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

// ---- read

Task<Result<ReadResult>> FileSystem::read(OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                          IoFlags flags) {
  const GatePass pass(requests_);
  const FileNumber number = open_file.file;
  // The zone cannot be reset under a read.
  KeyedLocks::Guard guard = co_await locks_.read(number);
  const ZoneFile& file = files_[number];
  if (file.unreadable()) co_return refuse(EPERM, "read", number);
  ReadResult result;
  if (offset_bytes >= file.size_bytes) co_return result;
  const std::uint64_t wanted_bytes =
      std::min({length_bytes, file.size_bytes - offset_bytes, std::uint64_t{read_max_bytes}});
  const bool admitted = !flags.direct || open_file.cut_reads.admit(flags.pid, offset_bytes, length_bytes,
                                                                   offset_bytes + wanted_bytes, block_size_bytes());
  if (!admitted) co_return refuse(EINVAL, "read", number);
  if (wanted_bytes == 0) co_return result;
  const std::uint64_t from_bytes = round_down(offset_bytes, block_size_bytes());
  const std::uint64_t to_bytes = round_up(offset_bytes + wanted_bytes, block_size_bytes());
  result.loan = co_await buffers_.acquire();
  if (!result.loan) co_return Error(ENOMEM, "read");
  const std::span<std::byte> blocks = result.loan.first(to_bytes - from_bytes);
  const Status done = co_await read_blocks(number, from_bytes, blocks);
  if (!done) {
    guard.release();
    result.loan = {};  // others that have the file, and for which the next waits, may be waiting for memory
    log_error(done.error());
    co_await handle_read_error(number, done.error());
    co_return Error(device_errno(done.error()), "read");
  }
  result.data = blocks.subspan(offset_bytes - from_bytes, wanted_bytes);
  co_return result;
}

Task<Status> FileSystem::read_blocks(FileNumber number, std::uint64_t offset_bytes, std::span<std::byte> data) {
  while (!data.empty()) {
    const Place at = place(files_[number], offset_bytes);
    const std::size_t part_bytes = std::min<std::uint64_t>(
        {data.size(), device_->info().max_transfer_bytes, at.zone_left_blocks * block_size_bytes()});
    const Status done = co_await device_->read(at.lba, data.first(part_bytes));
    if (!done) co_return done;
    data = data.subspan(part_bytes);
    offset_bytes += part_bytes;
  }
  co_return Status();
}

// ---- write

Task<Result<std::uint64_t>> FileSystem::write(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                              std::span<const std::byte> data, IoFlags flags) {
  const GatePass pass(requests_);
  if (open_file != nullptr && open_file->writes_in_flight++ == 0) {
    open_file->size_at_call_start_bytes = files_[number].size_bytes;
    open_file->expect_compensating_truncate_of_pid.reset();
  }
  Result<std::uint64_t> written = co_await write_locked(open_file, number, offset_bytes, data, flags);
  if (open_file != nullptr) {
    --open_file->writes_in_flight;
    const bool ended_early = !written || *written < data.size();
    // Under strict the kernel sends it only where nothing was written, and then it does nothing.
    if (ended_early && !options_.strict && open_file->size_at_call_start_bytes == 0) {
      open_file->expect_compensating_truncate_of_pid = flags.pid;
    }
  }
  co_return written;
}

Task<Result<std::uint64_t>> FileSystem::write_locked(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                                     std::span<const std::byte> data, IoFlags flags) {
  const ZoneFile& file = files_[number];
  // Writes to a sequential file are carried out one after the other, in the order in which they came.
  KeyedLocks::Guard guard;
  const bool in_whole_blocks = whole_blocks(offset_bytes) && whole_blocks(data.size());
  if (file.sequential || !in_whole_blocks) {
    guard = co_await locks_.exclusive(number);
  } else {
    guard = co_await locks_.read(number);
  }
  if (file.immutable()) co_return refuse(EPERM, "write", number);
  // What was written to a mapping goes to the device even after an error elsewhere, as with zonefs: it would be lost.
  if (read_only() && !flags.write_back) co_return refuse(EROFS, "write", number);
  // Where an append was asked for, FUSE has put the size that the kernel remembers in place of the caller's offset.
  if (!flags.append && offset_bytes >= file.capacity_bytes) co_return refuse(EFBIG, "write", number);
  const bool buffered = !flags.direct && !flags.write_back;
  if (file.sequential && options_.strict && buffered) co_return refuse(EIO, "write", number);
  if (data.empty()) co_return std::uint64_t{0};
  if (flags.append && !file.sequential) co_return refuse(EINVAL, "write", number);
  Result<std::uint64_t> written = std::uint64_t{0};
  if (file.sequential && open_file != nullptr) {
    written = co_await write_piece(*open_file, offset_bytes, data, flags);
  } else {
    const std::uint64_t asked_bytes = data.size();
    data = data.first(std::min<std::uint64_t>(data.size(), file.capacity_bytes - offset_bytes));
    const bool admitted = !flags.direct || open_file == nullptr ||
                          open_file->cut_writes.admit(flags.pid, offset_bytes, asked_bytes, offset_bytes + data.size(),
                                                      block_size_bytes());
    if (!admitted) co_return refuse(EINVAL, "write", number);
    written = co_await write_conventional(number, offset_bytes, data, flags);
  }
  if (!written || !flags.sync) co_return written;
  const bool shared = !file.sequential && in_whole_blocks;
  if (shared) {  // what follows an error needs the file for itself
    guard.release();
    guard = co_await locks_.exclusive(number);
  }
  const Status flushed = co_await flush_after_write(number);
  if (!flushed) co_return flushed.error();
  co_return written;
}

Task<Result<std::uint64_t>> FileSystem::write_sequential(FileNumber number, std::uint64_t offset_bytes,
                                                         std::span<const std::byte> data, IoFlags flags) {
  ZoneFile& file = files_[number];
  if (offset_bytes != file.size_bytes) co_return refuse(EINVAL, "write", number);
  // An ordinary write may end in the middle of a block: the whole blocks are written, and who writes the rest next is
  // told that it is none.
  data = data.first(round_down(data.size(), block_size_bytes()));
  if (data.empty()) co_return refuse(EINVAL, "write", number);
  const bool append = flags.append && device_->info().max_append_bytes != 0;
  const Status done = co_await write_blocks(number, offset_bytes, data, append);
  if (!done) {
    log_error(done.error());
    co_await handle_io_error(number, done.error(), true);
    // Of what is refused for now the part that landed counts, and the next write is told why there is no more.
    const bool part_landed = is_temporary(done.error()) && !options_.strict && file.size_bytes > offset_bytes;
    if (part_landed) co_return file.size_bytes - offset_bytes;
    co_return Error(device_errno(done.error()), "write");
  }
  set_size(file, offset_bytes + data.size());
  if (file.full()) file.zone_open = false;
  account_active(file);
  co_return data.size();
}

Task<Status> FileSystem::write_blocks(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data,
                                      bool append) {
  const DeviceInfo& info = device_->info();
  const std::uint64_t limit_bytes = append ? info.max_append_bytes : info.max_transfer_bytes;
  while (!data.empty()) {
    const Place at = place(files_[number], offset_bytes);
    const std::size_t part_bytes =
        std::min<std::uint64_t>({data.size(), limit_bytes, at.zone_left_blocks * block_size_bytes()});
    const std::span<const std::byte> part = data.first(part_bytes);
    if (append) {
      const ZoneIndex zone = zone_of(files_[number]);
      const Result<Lba> landed = co_await device_->append(zone, part);
      if (!landed) co_return landed.error();
      if (*landed != at.lba) {
        Error moved(EIO, "zone append", "the data is not where the file ends: something else writes to the zone");
        co_return moved.on_device(info.path).at_zone(zone).at_lba(*landed);
      }
    } else {
      const Status written = co_await device_->write(at.lba, part);
      if (!written) co_return written;
    }
    data = data.subspan(part_bytes);
    offset_bytes += part_bytes;
  }
  co_return Status();
}

Task<Result<std::uint64_t>> FileSystem::write_conventional(FileNumber number, std::uint64_t offset_bytes,
                                                           std::span<const std::byte> data, IoFlags flags) {
  Status done;
  if (whole_blocks(offset_bytes) && whole_blocks(data.size())) {
    done = co_await write_blocks(number, offset_bytes, data, false);
  } else {
    done = co_await rewrite_blocks(number, offset_bytes, data);
  }
  if (done) co_return data.size();
  log_error(done.error());
  // Of direct writes and of write-back the kernel tells the caller, or fsync, and goes on.
  if (!flags.direct && !flags.write_back) co_await handle_io_error(number, done.error(), true);
  co_return Error(device_errno(done.error()), "write");
}

Task<Status> FileSystem::rewrite_blocks(FileNumber number, std::uint64_t offset_bytes,
                                        std::span<const std::byte> data) {
  while (!data.empty()) {
    const std::size_t part_bytes = std::min(data.size(), std::size_t{read_max_bytes});
    const std::uint64_t from_bytes = round_down(offset_bytes, block_size_bytes());
    const std::uint64_t to_bytes = round_up(offset_bytes + part_bytes, block_size_bytes());
    const BufferPool::Loan loan = co_await buffers_.acquire();
    if (!loan) co_return Error(ENOMEM, "write");
    const std::span<std::byte> blocks = loan.first(to_bytes - from_bytes);
    const Status read = co_await read_blocks(number, from_bytes, blocks);
    if (!read) co_return read;
    std::memcpy(blocks.data() + (offset_bytes - from_bytes), data.data(), part_bytes);
    const Status written = co_await write_blocks(number, from_bytes, blocks, false);
    if (!written) co_return written;
    data = data.subspan(part_bytes);
    offset_bytes += part_bytes;
  }
  co_return Status();
}

// ---- sync

Task<Status> FileSystem::flush_after_write(FileNumber number) {
  const Status flushed = co_await device_->flush();
  if (flushed) co_return flushed;
  log_error(flushed.error());
  // Whatever the reason, data that was acknowledged may be gone: nothing about that is temporary.
  Error cause(EIO, "flush", flushed.error().to_string());
  co_await handle_io_error(number, cause, true);
  co_return Error(device_errno(flushed.error()), "flush");
}

Task<Status> FileSystem::sync(FileNumber number, OpenFile* open_file, std::int32_t pid) {
  const GatePass pass(requests_);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(number);
  if (files_[number].immutable()) co_return refuse(EPERM, "fsync", number);
  if (open_file != nullptr && open_file->tail.take_loss(pid)) {
    Error lost(EIO, "fsync", "a direct write has ended inside a block, whose part is not written");
    lost.on_device(device_->info().path).at_zone(zone_of(files_[number]));
    log_error(lost);
    co_return lost;
  }
  const Status flushed = co_await flush_after_write(number);
  co_return flushed;
}

}  // namespace zonecopy::zonefs
