// The blocks above a write pointer, and the order in which changes reach the media.
//
// After a power cut, any of the writes that were not synced may be on the media and others not. So a write pointer may
// be there without the data below it. Two rules make that harmless without a sync for every write:
//
// - The table tells how many blocks below the write pointer may not be synced, and the blocks above it are a hole. When
// an
//   image is opened, a hole among the blocks that may not be synced is data that was lost, and the pointer goes back to it.
// - A hole is punched only after the table that tells that the zone is empty is on the media. A write pointer passes a
// hole
//   only after the hole is on the media.
#include <algorithm>

#include "src/device/image/image_device.h"

namespace zonecopy::image {

Task<Result<std::uint64_t>> ImageDevice::find(ImageStore::Seek what, ZoneIndex zone, std::uint64_t from_block,
                                              std::uint64_t blocks) {
  if (blocks == 0) co_return from_block;
  const std::uint64_t from_bytes = offset_of(zone, from_block);
  ImageStore* store = image_.store.get();
  std::uint64_t found_bytes = 0;
  std::uint64_t* result = &found_bytes;  // this frame outlives the call
  BlockingCall call = loop_.blocking([store, what, from_bytes, result] {
    const Result<std::uint64_t> found = store->find(what, from_bytes);
    *result = found ? *found : 0;
    return found ? 0 : found.error().code();
  });
  const int code = co_await call;
  if (code != 0) co_return make_error(code, "look for holes", zone);
  co_return found_block(zone, from_block, blocks, found_bytes);
}

/// What ImageStore::find() has told, in blocks of the zone.
Result<std::uint64_t> ImageDevice::found_block(ZoneIndex zone, std::uint64_t from_block, std::uint64_t blocks,
                                               std::uint64_t found_bytes) const {
  if (found_bytes < offset_of(zone, from_block)) {
    return make_error(EIO, "look for holes", zone, "the file is shorter than it was");
  }
  const std::uint64_t block = (found_bytes - offset_of(zone, 0)) / info_.block_size_bytes;
  return std::min(block, from_block + blocks);
}

/// For use after a copy of `blocks`, with what the store has told of holes in it. Sharing extents also shares holes of the source, which are data (zeros), but would be taken
/// for lost data after a power cut. So if there are holes this syncs before the write pointer passes them, and returns
/// true.
/// EOPNOTSUPP where no sync makes up for it: an earlier one has failed, and may have dropped blocks of the zone.
Task<Result<bool>> ImageDevice::keep_holes(ZoneIndex zone, std::uint64_t blocks, Result<std::uint64_t> hole_bytes) {
  if (conventional(zone) || blocks == 0) co_return false;
  if (!hole_bytes) co_return make_error(hole_bytes.error().code(), "look for holes", zone);
  const std::uint64_t from_block = record(zone).written_blocks;
  const Result<std::uint64_t> hole = found_block(zone, from_block, blocks, *hole_bytes);
  if (!hole) co_return hole.error();
  if (*hole == from_block + blocks) co_return false;
  if (distrusted_.contains(zone)) {
    co_return make_error(EOPNOTSUPP, "copy", zone, "holes cannot be shared after a sync that failed");
  }
  const int code = co_await sync();
  if (code != 0) co_return make_error(code, "copy", zone, "the copy cannot be made durable");
  co_return true;
}

Task<Status> ImageDevice::clear_tail(ZoneIndex zone, const char* operation) {
  const std::uint64_t written_blocks = record(zone).written_blocks;
  const std::uint64_t blocks = image_.header.zone_length_blocks(zone) - written_blocks;
  const Result<std::uint64_t> data = co_await find(ImageStore::Seek::data, zone, written_blocks, blocks);
  if (!data) co_return data.error();
  tails_[zone] = Tail::hole;
  if (*data == written_blocks + blocks) co_return Status();
  tails_[zone] = Tail::unknown;
  const int code = co_await sync();
  if (code != 0) co_return make_error(code, operation, zone, "the zone table cannot be made durable");
  co_await punch(zone, written_blocks);
  if (tails_[zone] == Tail::unknown) tails_[zone] = Tail::stale;
  co_return Status();
}

Task<void> ImageDevice::punch(ZoneIndex zone, std::uint64_t from_block) {
  const std::uint64_t blocks = image_.header.zone_length_blocks(zone) - from_block;
  const int code = co_await image_.store->punch(offset_of(zone, from_block), blocks * info_.block_size_bytes);
  // A failure does no harm, as blocks above a write pointer are never shown. It is tried again before the next write.
  tails_[zone] = code == 0 ? Tail::hole : Tail::unknown;
  punched_[zone] = syncs_.now();
}

Task<int> ImageDevice::settle_tail(ZoneIndex zone) {
  const auto punched = punched_.find(zone);
  if (punched == punched_.end()) co_return 0;
  if (syncs_.durable() <= punched->second) {
    const int code = co_await sync();
    if (code != 0) co_return code;
  }
  punched_.erase(zone);
  co_return 0;
}

Task<Status> ImageDevice::zero_tail(ZoneIndex zone, const char* operation) {
  if (tails_[zone] == Tail::unknown) {
    const Status cleared = co_await clear_tail(zone, operation);
    if (!cleared) co_return cleared;
  }
  if (tails_[zone] == Tail::stale) {
    const std::uint64_t offset_bytes = offset_of(zone, record(zone).written_blocks);
    const int code = co_await store_zeros(offset_bytes, offset_of(zone, capacity_of(zone)) - offset_bytes);
    if (code != 0) co_return make_error(code, operation, zone, "what is above the write pointer cannot be cleared");
    punched_[zone] = syncs_.now();
  }
  const int settled = co_await settle_tail(zone);
  if (settled != 0) co_return make_error(settled, operation, zone, "what was there before cannot be cleared for good");
  co_return Status();
}

std::vector<ImageDevice::Unsynced> ImageDevice::unsynced() const {
  std::vector<Unsynced> zones;
  zones.reserve(unsynced_.size());
  for (const auto& [zone, number] : unsynced_) zones.push_back(Unsynced{zone, number, record(zone).written_blocks});
  return zones;
}

std::vector<ZoneIndex> ImageDevice::note_synced(const std::vector<Unsynced>& before) {
  std::vector<ZoneIndex> changed;
  for (const Unsynced& then : before) {
    const auto found = unsynced_.find(then.zone);
    if (found == unsynced_.end() || found->second != then.number) continue;  // it was reset in the meantime
    if (distrusted_.contains(then.zone)) continue;
    ZoneRecord now = record(then.zone);
    now.unsynced_blocks = std::min(now.unsynced_blocks, now.written_blocks - then.written_blocks);
    image_.words[then.zone] = pack(now);
    changed.push_back(then.zone);
  }
  return changed;
}

/// A SharedSync that remembers failures. The kernel reports a failed sync once, and may have dropped the data that it
/// could not write. So after a failure the whole table is written again before a later sync counts.
Task<int> ImageDevice::sync() {
  while (failures_mended_ != syncs_failed_) {
    const std::uint64_t failures = syncs_failed_;
    for (ZoneIndex zone = 0; zone < info_.zone_count; ++zone) {
      const int code = co_await store_again(zone);
      if (code != 0) co_return code;
    }
    failures_mended_ = failures;
  }
  const int code = co_await syncs_.sync();
  if (code == 0) co_return 0;
  ++syncs_failed_;
  for (const auto& [zone, number] : unsynced_) distrusted_.insert(zone);
  co_return code;
}

Task<Status> ImageDevice::flush() {
  const std::vector<Unsynced> before = unsynced();
  const int code = co_await sync();
  if (code != 0) co_return make_error(code, "flush", 0);
  // The table then tells that the blocks are synced. So a copy of the file, in which zeros may have become holes, is
  // opened with all its data.
  const std::vector<ZoneIndex> synced = note_synced(before);
  for (const ZoneIndex zone : synced) {
    const auto known = unsynced_.find(zone);
    if (known == unsynced_.end()) continue;
    const std::uint64_t number = known->second;
    const int stored = co_await store_again(zone);
    const auto now = unsynced_.find(zone);
    const bool told = stored == 0 && now != unsynced_.end() && now->second == number;
    if (told && record(zone).unsynced_blocks == 0) unsynced_.erase(now);
  }
  co_return Status();
}

}  // namespace zonecopy::image
