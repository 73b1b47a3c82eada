// States of an image's zones: the zone table, what commands may do, and which zone is closed to make room for another.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/base/endian.h"
#include "src/device/image/image_device.h"

namespace zonecopy::image {
namespace {

/// Whether a command needs a resource that other zones hold.
bool wants_room(const std::variant<ZoneTransition, ZoneRefusal>& verdict) {
  if (const auto* refusal = std::get_if<ZoneRefusal>(&verdict)) {
    return *refusal == ZoneRefusal::too_many_open || *refusal == ZoneRefusal::too_many_active;
  }
  return std::get<ZoneTransition>(verdict).evicts_implicit_open;
}

}  // namespace

ZoneRecord ImageDevice::record(ZoneIndex zone) const {
  // The table was checked when the image was opened, and only valid records have been stored since.
  return unpack(image_.words[zone], capacity_of(zone)).value_or(ZoneRecord{ZoneCondition::offline, 0, 0});
}

ZoneState ImageDevice::apply_failure(ZoneIndex zone, std::byte failure) {
  const ZoneState state = fail(record(zone).state(capacity_of(zone)), failure);
  ledger_.note(zone, state.condition);
  return state;
}

Result<ZoneState> ImageDevice::load(ZoneIndex zone, const char* operation) {
  std::byte failure{0};
  if (image_.header.has_failures()) {
    // This is one byte in the page cache, for which a direct system call is faster than the ring.
    const int code = image_.store->read_now(std::span(&failure, 1), image_.header.failure_offset_bytes(zone));
    if (code != 0) return make_error(code, operation, zone, "the zone table cannot be read");
  }
  return apply_failure(zone, failure);
}

/// Writes a zone's word of the table. The caller holds the lock of `words_`.
Task<int> ImageDevice::write_word(ZoneIndex zone, std::uint64_t value) {
  const std::uint64_t word = swapped_on_big_endian(value);
  FileTransfer<const std::byte> transfer(std::as_bytes(std::span(&word, 1)), image_.header.word_offset_bytes(zone));
  while (transfer.goes_on()) {
    const std::int32_t result = co_await image_.store->write_table(transfer.data(), transfer.offset_bytes());
    transfer.note(result);
  }
  co_return transfer.code();
}

Task<int> ImageDevice::store(ZoneIndex zone, ZoneRecord record) {
  const KeyedLocks::Guard guard = co_await words_.exclusive(zone);
  const int code = co_await write_word(zone, pack(record));
  if (code != 0) co_return code;
  // A flush may have ended meanwhile. The blocks that it has synced must stay marked so.
  const ZoneRecord before = this->record(zone);
  const std::uint64_t synced_blocks =
      std::max(before.written_blocks - before.unsynced_blocks, record.written_blocks - record.unsynced_blocks);
  record.unsynced_blocks = record.written_blocks - std::min(record.written_blocks, synced_blocks);
  image_.words[zone] = pack(record);
  ledger_.note(zone, record.condition);
  co_return 0;
}

Task<int> ImageDevice::store_again(ZoneIndex zone) {
  const KeyedLocks::Guard guard = co_await words_.exclusive(zone);
  const std::uint64_t word = image_.words[zone];
  const int code = co_await write_word(zone, word);
  co_return code;
}

Result<ZoneTransition> ImageDevice::decide(ZoneIndex zone, const ZoneRequest& request, const char* operation) {
  if (!image_.writable) return make_error(EROFS, operation, zone, "the image was opened for reading");
  const Result<ZoneState> state = load(zone, operation);
  if (!state) return state.error();
  const std::uint64_t capacity_blocks = capacity_of(zone);
  auto verdict = transition(*state, request, capacity_blocks, ledger_.use(), ledger_.limits());
  if (wants_room(verdict)) {
    // Zones that have failed meanwhile hold no resources any more.
    for (const ZoneIndex counted : ledger_.zones()) {
      const Result<ZoneState> looked_at = load(counted, operation);
      if (!looked_at) return looked_at.error();
    }
    verdict = transition(*state, request, capacity_blocks, ledger_.use(), ledger_.limits());
  }
  if (const auto* refusal = std::get_if<ZoneRefusal>(&verdict)) {
    return make_error(*refusal, operation, zone);
  }
  return std::get<ZoneTransition>(verdict);
}

Task<Status> ImageDevice::begin_write(ZoneIndex zone, ZoneRequest request, const char* operation) {
  const Result<ZoneTransition> verdict = decide(zone, request, operation);
  if (!verdict) co_return verdict.error();
  if (conventional(zone) || request.blocks == 0) co_return Status();
  if (!is_open(record(zone).condition)) {
    const Status taken = co_await take_resources(zone, request, ZoneCondition::implicit_open, operation);
    if (!taken) co_return taken;
  }
  if (tails_[zone] != Tail::unknown) co_return Status();
  const Status cleared = co_await clear_tail(zone, operation);
  co_return cleared;
}

Task<Status> ImageDevice::end_write(ZoneIndex zone, std::uint64_t blocks, bool synced, const char* operation) {
  if (conventional(zone) || blocks == 0) co_return Status();
  // Until the write has succeeded, its blocks are above the write pointer.
  const Tail before = std::exchange(tails_[zone], Tail::unknown);
  const Result<ZoneState> now = load(zone, operation);
  if (!now) co_return now.error();
  if (!is_open(now->condition)) {
    co_return make_error(EIO, operation, zone, fmt::format("the zone has become {}", to_string(now->condition)));
  }
  if (punched_.contains(zone)) {
    const int settled = co_await settle_tail(zone);
    if (settled != 0)
      co_return make_error(settled, operation, zone, "what was there before cannot be cleared for good");
  }
  ZoneRecord after = record(zone);
  after.written_blocks += blocks;
  after.unsynced_blocks = synced ? 0 : after.unsynced_blocks + blocks;
  if (after.written_blocks == capacity_of(zone)) after.condition = ZoneCondition::full;
  const int stored = co_await store(zone, after);
  if (stored != 0) co_return make_error(stored, operation, zone, "the zone table cannot be written");
  tails_[zone] = before;
  if (synced) {
    unsynced_.erase(zone);
  } else {
    note_unsynced(zone);
  }
  co_return Status();
}

Task<Status> ImageDevice::take_resources(ZoneIndex zone, ZoneRequest request, ZoneCondition condition,
                                         const char* operation) {
  // One command at a time: between the decision and the new state no other zone may take the same resource.
  const KeyedLocks::Guard admitted = co_await admission_.exclusive(0);
  while (true) {
    const Result<ZoneTransition> verdict = decide(zone, request, operation);
    if (!verdict) co_return verdict.error();
    if (!verdict->evicts_implicit_open) break;
    const Status closed = co_await close_another(operation);
    if (!closed) co_return closed;
  }
  ZoneRecord opened = record(zone);
  opened.condition = condition;
  const int stored = co_await store(zone, opened);
  if (stored != 0) co_return make_error(stored, operation, zone, "the zone table cannot be written");
  co_return Status();
}

Task<Status> ImageDevice::close_another(const char* operation) {
  for (const ZoneIndex victim : ledger_.implicit_open()) {
    // A zone that a command uses stays open until that command has ended.
    const std::optional<KeyedLocks::Guard> idle = locks_.try_exclusive(victim);
    if (!idle) continue;
    const Result<ZoneState> state = load(victim, operation);
    if (!state) co_return state.error();
    if (state->condition != ZoneCondition::implicit_open) co_return Status();
    ZoneRecord closed = record(victim);
    closed.condition = closed.written_blocks == 0 ? ZoneCondition::empty : ZoneCondition::closed;
    const int stored = co_await store(victim, closed);
    if (stored != 0) co_return make_error(stored, operation, victim, "the zone table cannot be written");
    co_return Status();
  }
  co_await command_ended_;
  co_return Status();
}

}  // namespace zonecopy::image
