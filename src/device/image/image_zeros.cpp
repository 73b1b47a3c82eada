// Writes zeros to an image, where it can by leaving or making a hole.
//
// The blocks above a write pointer are a hole already. So the pointer may pass them, and nothing is written. But a hole
// among blocks that may not be synced is taken for lost data (image_tail.cpp), so nothing below the pointer may be
// unsynced then, as after a copy of holes.
#include "src/device/image/image_device.h"
#include "src/device/zeros.h"

namespace zonecopy::image {

Task<Status> ImageDevice::write_zeroes(Lba lba, std::uint64_t blocks) {
  const Status inside = check_range(lba, blocks, "write zeroes");
  if (!inside) co_return inside;
  if (blocks == 0) co_return Status();
  const ZoneIndex zone = info_.zone_of(lba);
  const std::uint64_t offset_blocks = lba - info_.zone_start(zone);
  if (conventional(zone)) {
    const Status written = co_await zero_conventional(zone, offset_blocks, blocks);
    co_return written;
  }
  const CommandEnd end(command_ended_);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const Status written = co_await write_zeroes_locked(zone, offset_blocks, blocks);
  co_return written;
}

Task<Status> ImageDevice::write_zeroes_locked(ZoneIndex zone, std::uint64_t offset_blocks, std::uint64_t blocks) {
  const ZoneRequest request{ZoneCommand::write, offset_blocks, blocks};
  const Status begun = co_await begin_write(zone, request, "write zeroes");
  if (!begun) co_return begun;
  // A sync does not vouch for the blocks of a distrusted zone, so that they have to stay marked as not synced.
  const bool hole =
      tails_[zone] == Tail::hole && !distrusted_.contains(zone) && blocks * info_.block_size_bytes >= hole_min_bytes_;
  if (hole) {
    const Status left = co_await leave_hole(zone, blocks);
    co_return left;
  }
  const int code = co_await store_zeros(offset_of(zone, offset_blocks), blocks * info_.block_size_bytes);
  if (code != 0) {
    tails_[zone] = Tail::unknown;
    co_return make_error(code, "write zeroes", zone).at_lba(info_.zone_start(zone) + offset_blocks);
  }
  const Status ended = co_await end_write(zone, blocks, false, "write zeroes");
  co_return ended;
}

/// Moves the write pointer over a hole of `blocks` blocks.
Task<Status> ImageDevice::leave_hole(ZoneIndex zone, std::uint64_t blocks) {
  if (record(zone).unsynced_blocks != 0) {
    const int code = co_await sync();
    if (code != 0) co_return make_error(code, "write zeroes", zone, "what is before the zeros cannot be made durable");
  }
  const Status ended = co_await end_write(zone, blocks, true, "write zeroes");
  co_return ended;
}

Task<Status> ImageDevice::zero_conventional(ZoneIndex zone, std::uint64_t offset_blocks, std::uint64_t blocks) {
  const ZoneRequest request{ZoneCommand::write, offset_blocks, blocks};
  const Status begun = co_await begin_write(zone, request, "write zeroes");
  if (!begun) co_return begun;
  const std::uint64_t offset_bytes = offset_of(zone, offset_blocks);
  const std::uint64_t length_bytes = blocks * info_.block_size_bytes;
  // Whatever keeps the file system from making a hole, zeros can be written, or the write says why not.
  const int not_punched = co_await image_.store->punch(offset_bytes, length_bytes);
  if (not_punched == 0) co_return Status();
  const int code = co_await store_zeros(offset_bytes, length_bytes);
  if (code != 0) co_return make_error(code, "write zeroes", zone).at_lba(info_.zone_start(zone) + offset_blocks);
  co_return Status();
}

/// Writes zeros to the file. 0 or an errno.
Task<int> ImageDevice::store_zeros(std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  while (length_bytes != 0) {
    FileTransfer<const std::byte> transfer(zeros_for_one_write(length_bytes), offset_bytes);
    const std::uint64_t part_bytes = transfer.data().size();
    while (transfer.goes_on()) {
      const std::int32_t result = co_await image_.store->write(transfer.data(), transfer.offset_bytes());
      transfer.note(result);
    }
    if (transfer.code() != 0) co_return transfer.code();
    offset_bytes += part_bytes;
    length_bytes -= part_bytes;
  }
  co_return 0;
}

}  // namespace zonecopy::image
