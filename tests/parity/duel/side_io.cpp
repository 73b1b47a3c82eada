// Data, sizes, mappings.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "tests/parity/duel/async_queue.h"
#include "tests/parity/duel/side.h"

namespace parity {
namespace {

constexpr std::uint64_t page_bytes = 4096;

std::vector<iovec> divided(const Step& step, std::byte* memory) {
  std::vector<iovec> pieces;
  for (std::uint64_t at = 0; at < step.length; at += step.piece_length) {
    pieces.push_back({memory + at, std::min(step.piece_length, step.length - at)});
  }
  return pieces;
}

std::int64_t transfer_once(const Step& step, int fd, std::byte* memory) {
  switch (step.call) {
    case Call::write: return write(fd, memory, step.length);
    case Call::pwrite: return pwrite(fd, memory, step.length, step.offset);
    case Call::read: return read(fd, memory, step.length);
    case Call::pread: return pread(fd, memory, step.length, step.offset);
    case Call::pwritev:
    case Call::preadv: {
      const std::vector<iovec> pieces = divided(step, memory);
      const auto count = static_cast<int>(pieces.size());
      return step.call == Call::preadv ? preadv2(fd, pieces.data(), count, step.offset, step.flags)
                                       : pwritev2(fd, pieces.data(), count, step.offset, step.flags);
    }
    default: throw std::logic_error("not a transfer");
  }
}

/// Through the page tables, but with an errno where the process itself would get SIGBUS.
std::int64_t touch_memory(void* own, void* mapped, std::uint64_t length, bool write) {
  const iovec here{own, length};
  const iovec there{mapped, length};
  return write ? process_vm_writev(getpid(), &here, 1, &there, 1, 0)
               : process_vm_readv(getpid(), &here, 1, &there, 1, 0);
}

}  // namespace

Outcome Side::transfer(const Step& step) {
  const bool writes = is_write(step.call);
  std::byte* memory = (writes ? random_data_.data() + step.data * page_bytes : read_data_.data()) + step.memory_offset;
  const std::size_t room = writes ? random_data_.size() - step.data * page_bytes : read_data_.size();
  if (step.length + step.memory_offset > room) throw std::logic_error("a transfer of more than there is memory");
  Outcome outcome;
  if (step.call == Call::aio_write || step.call == Call::aio_read || step.call == Call::uring_write ||
      step.call == Call::uring_read) {
    outcome = transfer_asynchronously(step, memory);
  } else {
    if (step.seek_first && (step.call == Call::write || step.call == Call::read))
      lseek(fd(step.slot), step.offset, SEEK_SET);
    outcome = outcome_of(transfer_once(step, fd(step.slot), memory));
  }
  if (!writes && outcome.result > 0) outcome.data = {memory, static_cast<std::size_t>(outcome.result)};
  // The file's position, which a read or write moves as well.
  if (step.call == Call::write || step.call == Call::read)
    outcome.words = fmt::format("position {}", lseek(fd(step.slot), 0, SEEK_CUR));
  return outcome;
}

Outcome Side::transfer_asynchronously(const Step& step, std::byte* memory) {
  std::vector<AsyncRequest> requests;
  std::uint64_t at = 0;
  do {
    const std::uint64_t length = std::min(step.piece_length, step.length - at);
    requests.push_back({is_write(step.call), fd(step.slot), memory + at, length,
                        static_cast<std::int64_t>(static_cast<std::uint64_t>(step.offset) + at)});
    at += length;
  } while (at < step.length);

  std::vector<std::int64_t> results;
  if (step.call == Call::uring_write || step.call == Call::uring_read) {
    results.push_back(queue_->run_uring(requests.front()));
  } else {
    results = queue_->run_aio(requests);
  }
  Outcome outcome;
  for (const std::int64_t result : results) {
    if (results.size() > 1) outcome.words += fmt::format("{}{}", outcome.words.empty() ? "" : " ", result);
    // What was read is contiguous up to the first that is short.
    if (outcome.error == 0 && result >= 0) outcome.result += result;
    if (outcome.error == 0 && result < 0) outcome.error = static_cast<int>(-result);
  }
  if (outcome.error != 0) outcome.result = -1;
  return outcome;
}

Outcome Side::truncate(const Step& step) {
  return outcome_of(step.call == Call::truncate ? ::truncate(path(step.path).c_str(), step.offset)
                                                : ftruncate(fd(step.slot), step.offset));
}

Outcome Side::synchronise(const Step& step) {
  const int file = fd(step.slot);
  switch (step.variant) {
    case Variant::fsync: return outcome_of(fsync(file));
    case Variant::fdatasync: return outcome_of(fdatasync(file));
    case Variant::syncfs: return outcome_of(syncfs(file));
    default: return outcome_of(sync_file_range(file, 0, 0, static_cast<unsigned>(step.flags)));
  }
}

Outcome Side::map(const Step& step) {
  const auto protection = static_cast<int>(step.other_offset);
  void* mapped = mmap(nullptr, step.length, protection, step.flags, fd(step.slot), step.offset);
  if (mapped == MAP_FAILED) return outcome_of(-1);
  Outcome outcome;
  if (step.variant == Variant::map_write && (protection & PROT_WRITE) != 0) {
    outcome = outcome_of(touch_memory(random_data_.data() + step.data * page_bytes, mapped, step.length, true));
    if (outcome.result >= 0 && (step.flags & MAP_SHARED) != 0)
      outcome.words = "msync " + describe(outcome_of(msync(mapped, step.length, MS_SYNC)));
  } else {
    outcome = outcome_of(touch_memory(read_data_.data(), mapped, step.length, false));
    if (outcome.result > 0) outcome.data = {read_data_.data(), static_cast<std::size_t>(outcome.result)};
  }
  munmap(mapped, step.length);
  return outcome;
}

Outcome Side::copy(const Step& step) {
  off_t from = step.offset;
  off_t to = step.other_offset;
  if (step.call == Call::copy) {
    return outcome_of(copy_file_range(fd(step.slot), &from, fd(step.other_slot), &to, step.length,
                                      static_cast<unsigned>(step.flags)));
  }
  lseek(fd(step.other_slot), step.other_offset, SEEK_SET);
  return outcome_of(::sendfile(fd(step.other_slot), fd(step.slot), &from, step.length));
}

}  // namespace parity
