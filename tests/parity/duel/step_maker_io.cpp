// Steps that move data, or change sizes.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "tests/parity/duel/step_maker.h"

namespace parity {
namespace {

constexpr std::uint64_t pool_places = 1024;
constexpr std::uint64_t faulty_length_max = 128 * 1024;

}  // namespace

void StepMaker::transfer(Step& step) {
  const Call call = step.call;
  if (!use_slot(step, is_write(call) && random_.percent(95))) return;
  const Slot& slot = scene_.slots[static_cast<std::size_t>(step.slot)];
  if (!slot.file) {
    step.length = blocks(1);
    step.piece_length = step.length;
    return;
  }
  if (is_write(call)) {
    place_write(step, *slot.file);
  } else {
    place_read(step, *slot.file);
  }
  const bool direct = (slot.flags & O_DIRECT) != 0;
  divide(step, direct);
  if ((call == Call::pwritev || call == Call::preadv) && random_.percent(30)) {
    step.flags = is_write(call) ? one_of({RWF_DSYNC, RWF_SYNC, RWF_NOWAIT, RWF_APPEND, RWF_APPEND})
                                : one_of({RWF_NOWAIT, RWF_DSYNC});
  }
  if (random_.percent(10)) {
    // null_blk overwrites foreign memory of the kernel where a page of data is not aligned to its blocks.
    const bool sectors = scene_.block_bytes == 512 && random_.percent(70);
    step.memory_offset = sectors ? 512 : static_cast<std::uint32_t>(random_.between(1, 511));
  }
  if (is_write(call) && random_.percent(1)) step.file_limit = blocks(random_.between(1, 40)) + random_.below(2);
  if (scene_.can_fault && direct && random_.percent(2)) break_device(step, *slot.file);
}

void StepMaker::place_write(Step& step, std::size_t number) {
  const ZoneFile& file = scene_.files[number];
  const std::uint64_t size = scene_.size(number);
  step.data = random_.below(pool_places);
  std::uint64_t offset = size;
  if (!file.sequential) offset = blocks(random_.below(file.capacity_bytes / scene_.block_bytes));
  if (random_.percent(15)) {
    offset = one_of<std::uint64_t>({size + blocks(1), size - blocks(1), size + 512, size + 1, 0, file.capacity_bytes,
                                    file.capacity_bytes - blocks(1), file.capacity_bytes + blocks(1),
                                    random_.below(file.capacity_bytes), std::uint64_t{1} << 40U,
                                    static_cast<std::uint64_t>(-1), std::numeric_limits<std::int64_t>::max()});
  }
  step.offset = static_cast<std::int64_t>(offset);
  step.length = blocks(random_.between(1, 16));
  if (random_.percent(20)) {
    const std::uint64_t left = file.capacity_bytes - std::min(offset, file.capacity_bytes);
    step.length = one_of<std::uint64_t>(
        {0, 1, 511, 512, blocks(3) + 5, left, left + blocks(2), left + 1, blocks(random_.below(300)), left / 2});
  }
  // Behind the end only one of the two can seek.
  step.seek_first = random_.percent(85) && step.offset >= 0 && static_cast<std::uint64_t>(step.offset) <= size;
}

void StepMaker::place_read(Step& step, std::size_t number) {
  const ZoneFile& file = scene_.files[number];
  const std::uint64_t size = scene_.size(number);
  step.offset = static_cast<std::int64_t>(blocks(random_.below(size / scene_.block_bytes + 1)));
  step.length = blocks(random_.between(1, 32));
  if (random_.percent(20)) {
    step.offset =
        one_of<std::int64_t>({0, static_cast<std::int64_t>(size), static_cast<std::int64_t>(file.capacity_bytes), -1,
                              static_cast<std::int64_t>(random_.below(size + 1)), std::int64_t{1} << 40U});
  }
  if (random_.percent(20))
    step.length = one_of<std::uint64_t>({0, 1, 513, size, file.capacity_bytes + blocks(1), random_.below(20000)});
  step.seek_first = random_.percent(85) && step.offset >= 0 && static_cast<std::uint64_t>(step.offset) <= size;
}

/// Into vectors, or into requests in flight at the same time. Direct I/O in whole blocks: see known_differences.cpp for the others.
void StepMaker::divide(Step& step, bool direct) {
  step.piece_length = step.length;
  const bool dividable = step.call == Call::pwritev || step.call == Call::preadv || step.call == Call::aio_write ||
                         step.call == Call::aio_read;
  if (!dividable || step.length == 0 || random_.percent(40)) return;
  const std::uint64_t unit = direct ? scene_.block_bytes : 1;
  const std::uint64_t piece = step.length / random_.between(2, 3) / unit * unit;
  if (piece == 0) return;
  step.piece_length = piece;
  step.pieces = static_cast<std::uint32_t>((step.length + piece - 1) / piece);
}

/// The device fails where the step is to go. Where it is small, the block layer passes it on as a whole, on either side.
void StepMaker::break_device(Step& step, std::size_t number) {
  const ZoneFile& file = scene_.files[number];
  if (!file.sequential || step.length == 0 || step.length > faulty_length_max || step.offset < 0 || step.pieces > 1)
    return;
  const std::uint64_t end = static_cast<std::uint64_t>(step.offset) + step.length;
  if (end > file.capacity_bytes) return;
  step.fault = true;
  step.fault_sector = (file.inode * scene_.zone_bytes + static_cast<std::uint64_t>(step.offset)) / 512;
  step.fault_sectors = (step.length + 511) / 512;
}

void StepMaker::truncate(Step& step) {
  if (step.call == Call::ftruncate) {
    if (!use_slot(step, random_.percent(90))) return;
  } else {
    use_path(step);
  }
  std::uint64_t capacity = 0;
  std::uint64_t size = 0;
  if (const auto number = scene_.find(step.path)) {
    capacity = scene_.files[*number].capacity_bytes;
    size = scene_.size(*number);
  }
  std::uint64_t target = random_.percent(60) ? 0 : capacity;
  // A full file stays full until it is truncated, and most steps want one that is not.
  if (size == capacity && random_.percent(70)) target = 0;
  if (random_.percent(15))
    target = one_of<std::uint64_t>({size, size + blocks(1), size / 2, 1, capacity + 1, capacity * 64,
                                    static_cast<std::uint64_t>(-1), std::uint64_t{1} << 50U});
  step.offset = static_cast<std::int64_t>(target);
}

void StepMaker::seek(Step& step) {
  if (!use_slot(step, false)) return;
  const Slot& slot = scene_.slots[static_cast<std::size_t>(step.slot)];
  const std::uint64_t size = slot.file ? scene_.size(*slot.file) : 4;
  step.flags = one_of({SEEK_SET, SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE, 77});
  step.offset =
      one_of<std::int64_t>({0, 0, static_cast<std::int64_t>(size), static_cast<std::int64_t>(random_.below(size + 1)),
                            static_cast<std::int64_t>(size) + 1, -1, -4096, std::numeric_limits<std::int64_t>::max()});
}

void StepMaker::sync(Step& step) {
  step.variant =
      one_of({Variant::fsync, Variant::fsync, Variant::fdatasync, Variant::syncfs, Variant::sync_file_range});
  if (use_slot(step, random_.percent(50)))
    step.flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
}

void StepMaker::set_flags(Step& step) {
  if (!use_slot(step, random_.percent(80))) return;
  const Slot& slot = scene_.slots[static_cast<std::size_t>(step.slot)];
  step.flags = slot.flags ^ one_of({O_DIRECT, O_APPEND, O_DIRECT | O_APPEND, O_NONBLOCK});
}

void StepMaker::map(Step& step) {
  step.variant = random_.percent(60) ? Variant::map_read : Variant::map_write;
  if (!use_slot(step, random_.percent(50))) return;
  const Slot& slot = scene_.slots[static_cast<std::size_t>(step.slot)];
  const std::uint64_t size = slot.file ? scene_.size(*slot.file) : 4096;
  step.offset = static_cast<std::int64_t>(random_.below(size / 4096 + 1) * 4096);
  step.length = std::min<std::uint64_t>(random_.between(1, 4) * 4096,
                                        size - std::min(size, static_cast<std::uint64_t>(step.offset)));
  if (step.length == 0) step.length = 4096;
  step.flags = one_of({MAP_SHARED, MAP_SHARED, MAP_PRIVATE});
  step.other_offset = one_of<std::int64_t>({PROT_READ, PROT_READ | PROT_WRITE, PROT_WRITE});
  step.data = random_.below(pool_places);
}

void StepMaker::copy(Step& step) {
  const Call call = step.call;
  if (!use_slot(step, false)) return;
  Step destination;
  destination.call = call;
  if (!use_slot(destination, random_.percent(90))) return;
  step.other_slot = destination.slot;
  step.other_path = destination.path;
  const Slot& from = scene_.slots[static_cast<std::size_t>(step.slot)];
  const Slot& to = scene_.slots[static_cast<std::size_t>(step.other_slot)];
  const std::uint64_t source_size = from.file ? scene_.size(*from.file) : 0;
  const std::uint64_t size = to.file ? scene_.size(*to.file) : 0;
  step.offset = static_cast<std::int64_t>(blocks(random_.below(source_size / scene_.block_bytes + 1)));
  step.other_offset = to.file && scene_.files[*to.file].sequential
                          ? static_cast<std::int64_t>(size)
                          : static_cast<std::int64_t>(blocks(random_.below(size / scene_.block_bytes + 1)));
  step.length = blocks(random_.below(17));
  step.seek_first = call == Call::sendfile;
  if (call == Call::copy && random_.percent(5)) step.flags = 1;
}

}  // namespace parity
