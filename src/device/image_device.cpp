#include "device/image_device.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "device/file_transfer.h"

namespace zonecopy::image {
namespace {

constexpr std::uint32_t transfer_max_bytes = 1U << 20;
// One Copy shares at most this much, so that it can be cancelled and counted in between.
constexpr std::uint64_t copy_max_bytes = 1U << 30;
constexpr std::uint32_t copy_ranges_max = 128;

const char* name_of(FileCopyMechanism mechanism) {
  switch (mechanism) {
    case FileCopyMechanism::reflink: return "FICLONERANGE";
    case FileCopyMechanism::copy_file_range: return "copy_file_range";
    case FileCopyMechanism::none: break;
  }
  return "";
}

/// Whether a command needs a resource that other zones have.
bool wants_room(const std::variant<ZoneTransition, ZoneRefusal>& verdict) {
  if (const auto* refusal = std::get_if<ZoneRefusal>(&verdict)) {
    return *refusal == ZoneRefusal::too_many_open || *refusal == ZoneRefusal::too_many_active;
  }
  return std::get<ZoneTransition>(verdict).evicts_implicit_open;
}

ZoneCommand command_for(ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return ZoneCommand::open;
    case ZoneAction::close: return ZoneCommand::close;
    case ZoneAction::finish: return ZoneCommand::finish;
    case ZoneAction::reset: return ZoneCommand::reset;
  }
  return ZoneCommand::reset;
}

}  // namespace

DeviceInfo describe(const ImageFile& file, FileCopyMechanism mechanism) {
  const Header& header = file.header;
  DeviceInfo info;
  info.path = file.path;
  info.kind = DeviceKind::image;
  info.block_size_bytes = header.block_size_bytes;
  info.zone_size_blocks = header.zone_size_blocks;
  info.zone_count = header.zone_count;
  info.capacity_blocks = header.capacity_blocks;
  info.max_transfer_bytes = transfer_max_bytes;
  info.max_append_bytes = transfer_max_bytes;
  info.resource_limits = {header.max_open_zones, header.max_active_zones};
  info.copy_mechanism = name_of(mechanism);
  if (mechanism == FileCopyMechanism::none) {
    info.copy_unavailable = "the file system that holds the image has neither FICLONERANGE nor copy_file_range";
  } else {
    const auto blocks = static_cast<std::uint32_t>(copy_max_bytes / header.block_size_bytes);
    info.copy_limits = {copy_ranges_max, blocks, blocks};
  }
  return info;
}

FileCopyMechanism probe(const ImageFile& file) {
  const std::string directory = std::filesystem::absolute(file.path).parent_path().string();
  return probe_file_copy(file.buffered.get(), directory.c_str());
}

ImageDevice::ImageDevice(EventLoop& loop, ImageFile file)
    : loop_(loop), file_(std::move(file)), ledger_({file_.header.max_open_zones, file_.header.max_active_zones}) {
  mechanism_ = probe(file_);
  info_ = describe(file_, mechanism_);
}

Status ImageDevice::recover() {
  for (ZoneIndex zone = 0; zone < info_.zone_count; ++zone) {
    const ZoneState state = load(zone);
    if (!is_open(state.condition)) continue;
    const std::uint64_t unwritten_blocks = file_.header.zone_length_blocks(zone) - state.write_pointer_blocks;
    const std::uint64_t from_bytes = file_.offset_of(info_.zone_start(zone) + state.write_pointer_blocks);
    if (fallocate(file_.buffered.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from_bytes),
                  static_cast<off_t>(unwritten_blocks * info_.block_size_bytes)) != 0) {
      return error(errno, "recover zone", zone, "the file system cannot punch holes");
    }
    const ZoneCondition after = state.write_pointer_blocks == 0 ? ZoneCondition::empty : ZoneCondition::closed;
    store(zone, state, ZoneState{after, state.write_pointer_blocks});
  }
  return {};
}

ZoneState ImageDevice::load(ZoneIndex zone) {
  // The table was checked when it was opened, and only valid states are stored since; an impossible word can only be
  // damage done meanwhile, and a zone nobody can make sense of is offline.
  const ZoneState state = unpack(file_.table.load(zone), file_.header.zone_capacity_of(zone))
                              .value_or(ZoneState{ZoneCondition::offline, 0});
  ledger_.note(zone, state.condition);
  return state;
}

bool ImageDevice::store(ZoneIndex zone, const ZoneState& from, const ZoneState& to) {
  if (!file_.table.replace(zone, pack(from), pack(to))) return false;
  ledger_.note(zone, to.condition);
  return true;
}

Result<ZoneState> ImageDevice::decide(ZoneIndex zone, const ZoneRequest& request, const char* operation) {
  if (!file_.writable) return error(EROFS, operation, zone, "the image cannot be written");
  const ZoneState state = load(zone);
  const std::uint64_t capacity_blocks = file_.header.zone_capacity_of(zone);
  auto verdict = transition(state, request, capacity_blocks, ledger_.use(), ledger_.limits());
  if (wants_room(verdict)) {
    // Zones that another process has made read-only or offline take no resources any more.
    for (const ZoneIndex counted : ledger_.zones()) load(counted);
    verdict = transition(state, request, capacity_blocks, ledger_.use(), ledger_.limits());
  }
  if (const auto* refusal = std::get_if<ZoneRefusal>(&verdict)) {
    return error(to_errno(*refusal), operation, zone, std::string(to_string(*refusal)));
  }
  const auto& change = std::get<ZoneTransition>(verdict);
  if (change.evicts_implicit_open) make_room();
  return change.after;
}

void ImageDevice::make_room() {
  const std::optional<ZoneIndex> victim = ledger_.oldest_implicit_open();
  if (!victim) return;
  const ZoneState open = load(*victim);
  if (open.condition != ZoneCondition::implicit_open) return;
  const bool unwritten = open.write_pointer_blocks == 0;
  // If another process is faster, it makes the zone bad, which makes room too.
  store(*victim, open, {unwritten ? ZoneCondition::empty : ZoneCondition::closed, open.write_pointer_blocks});
}

Status ImageDevice::begin_write(ZoneIndex zone, const ZoneRequest& request, const char* operation) {
  const Result<ZoneState> after = decide(zone, request, operation);
  if (!after) return after.error();
  if (conventional(zone) || request.blocks == 0) return {};
  // Open before the data is written: a crash then leaves a zone that recover() looks at.
  const ZoneState before = load(zone);
  const bool stays_explicit = before.condition == ZoneCondition::explicit_open;
  const ZoneState open{stays_explicit ? ZoneCondition::explicit_open : ZoneCondition::implicit_open,
                       before.write_pointer_blocks};
  if (!store(zone, before, open)) return error(EIO, operation, zone, "the zone's condition has changed");
  return {};
}

Status ImageDevice::end_write(ZoneIndex zone, std::uint64_t blocks, const char* operation) {
  if (conventional(zone) || blocks == 0) return {};
  const ZoneState now = load(zone);
  if (!is_active(now.condition) && now.condition != ZoneCondition::empty) {
    return error(EIO, operation, zone, fmt::format("the zone has become {}", to_string(now.condition)));
  }
  ZoneState after = now;
  after.write_pointer_blocks += blocks;
  // Closed to make room for another zone before anything had been written.
  if (now.condition == ZoneCondition::empty) after.condition = ZoneCondition::closed;
  if (after.write_pointer_blocks == file_.header.zone_capacity_of(zone)) after.condition = ZoneCondition::full;
  if (!store(zone, now, after)) return error(EIO, operation, zone, "the zone's condition has changed");
  return {};
}

Task<Result<std::vector<Zone>>> ImageDevice::report_zones(ZoneIndex first, std::uint32_t count) {
  std::vector<Zone> zones;
  const std::uint64_t end = std::min<std::uint64_t>(std::uint64_t{first} + count, info_.zone_count);
  for (std::uint64_t zone = first; zone < end; ++zone) {
    const auto index = static_cast<ZoneIndex>(zone);
    zones.push_back(file_.header.describe(index, load(index)));
  }
  co_return zones;
}

Result<std::uint64_t> ImageDevice::readable_blocks(ZoneIndex zone, const char* operation) {
  const ZoneState state = load(zone);
  if (state.condition == ZoneCondition::offline) return error(EIO, operation, zone, "zone offline");
  const bool all = conventional(zone) || state.condition == ZoneCondition::full;
  return all ? file_.header.zone_capacity_of(zone) : state.write_pointer_blocks;
}

Task<Status> ImageDevice::read(Lba lba, std::span<std::byte> data) {
  const std::uint64_t block_size_bytes = info_.block_size_bytes;
  const Status inside = check_range(lba, data.size() / block_size_bytes, "read");
  if (!inside) co_return inside;
  while (!data.empty()) {
    const ZoneIndex zone = info_.zone_of(lba);
    const std::uint64_t offset_blocks = lba - info_.zone_start(zone);
    const std::uint64_t in_zone_blocks =
        std::min(data.size() / block_size_bytes, file_.header.zone_length_blocks(zone) - offset_blocks);
    const Result<std::uint64_t> readable = readable_blocks(zone, "read");
    if (!readable) co_return readable.error();
    const std::uint64_t stored_blocks =
        std::min(in_zone_blocks, *readable > offset_blocks ? *readable - offset_blocks : 0);
    const std::span<std::byte> part = data.first(in_zone_blocks * block_size_bytes);
    if (stored_blocks > 0) {
      const Status done = co_await read_file(lba, part.first(stored_blocks * block_size_bytes));
      if (!done) co_return done;
    }
    const std::span<std::byte> unwritten = part.subspan(stored_blocks * block_size_bytes);
    std::fill(unwritten.begin(), unwritten.end(), std::byte{0});
    data = data.subspan(part.size());
    lba += in_zone_blocks;
  }
  co_return Status();
}

Task<Status> ImageDevice::read_file(Lba lba, std::span<std::byte> data) {
  const int code = co_await read_all(loop_, file_.data.get(), data, file_.offset_of(lba));
  if (code != 0) co_return error(code, "read", info_.zone_of(lba)).at_lba(lba);
  co_return Status();
}

Task<Status> ImageDevice::write_file(Lba lba, std::span<const std::byte> data, const char* operation) {
  const int code = co_await write_all(loop_, file_.data.get(), data, file_.offset_of(lba));
  if (code != 0) co_return error(code, operation, info_.zone_of(lba)).at_lba(lba);
  co_return Status();
}

Task<Status> ImageDevice::write(Lba lba, std::span<const std::byte> data) {
  const Status inside = check_range(lba, data.size() / info_.block_size_bytes, "write");
  if (!inside) co_return inside;
  const ZoneIndex zone = info_.zone_of(lba);
  if (conventional(zone)) {  // no position to keep, so no order either
    const ZoneRequest request{ZoneCommand::write, lba - info_.zone_start(zone), data.size() / info_.block_size_bytes};
    const Status begun = begin_write(zone, request, "write");
    if (!begun) co_return begun;
    const Status written = co_await write_file(lba, data, "write");
    co_return written;
  }
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const Status written = co_await write_locked(zone, lba - info_.zone_start(zone), data, "write");
  co_return written;
}

Task<Result<Lba>> ImageDevice::append(ZoneIndex zone, std::span<const std::byte> data) {
  if (zone >= info_.zone_count || conventional(zone)) co_return error(EINVAL, "zone append", zone);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const std::uint64_t offset_blocks = load(zone).write_pointer_blocks;
  const Status written = co_await write_locked(zone, offset_blocks, data, "zone append");
  if (!written) co_return written.error();
  co_return info_.zone_start(zone) + offset_blocks;
}

Task<Status> ImageDevice::write_locked(ZoneIndex zone, std::uint64_t offset_blocks, std::span<const std::byte> data,
                                       const char* operation) {
  const std::uint64_t blocks = data.size() / info_.block_size_bytes;
  const ZoneRequest request{ZoneCommand::write, offset_blocks, blocks};
  const Status begun = begin_write(zone, request, operation);
  if (!begun) co_return begun;
  const Status written = co_await write_file(info_.zone_start(zone) + offset_blocks, data, operation);
  if (!written) co_return written;
  co_return end_write(zone, blocks, operation);
}

bool ImageDevice::can_copy_from(const ZonedDevice& source) const {
  return mechanism_ != FileCopyMechanism::none && dynamic_cast<const ImageDevice*>(&source) != nullptr;
}

Task<CopyOutcome> ImageDevice::copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) {
  CopyOutcome outcome;
  auto& from = dynamic_cast<ImageDevice&>(source);
  const ZoneIndex zone = info_.zone_of(command.destination_lba);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const ZoneRequest request{ZoneCommand::write, command.destination_lba - info_.zone_start(zone), command.blocks()};
  const Status begun = begin_write(zone, request, "copy");
  if (!begun) {
    outcome.failure.emplace(CopyFailure{CopyDecision::fail, begun.error()});
    co_return outcome;
  }
  for (const CopyRange& range : command.ranges) {
    if (cancel != nullptr && cancel->requested()) break;
    const Lba destination_lba = command.destination_lba + outcome.blocks_copied;
    const CopyOutcome part = co_await copy_one_range(from, range, destination_lba, cancel);
    outcome.blocks_copied += part.blocks_copied;
    outcome.failure = part.failure;
    if (outcome.failure || part.blocks_copied < range.blocks) break;
  }
  co_return outcome;
}

Task<CopyOutcome> ImageDevice::copy_one_range(ImageDevice& source, const CopyRange& range, Lba destination_lba,
                                              const CancelToken* cancel) {
  CopyOutcome outcome;
  const ZoneIndex zone = info_.zone_of(destination_lba);
  const ZoneIndex source_zone = source.info_.zone_of(range.start_lba);
  const Result<std::uint64_t> readable = source.readable_blocks(source_zone, "copy");
  if (!readable) {
    outcome.failure.emplace(CopyFailure{CopyDecision::fail, readable.error(), true});
    co_return outcome;
  }
  const std::uint64_t end_blocks = range.start_lba - source.info_.zone_start(source_zone) + range.blocks;
  if (end_blocks > *readable) {  // up there a read gives zeros, the file may hold anything
    Error above = error(EINVAL, "copy", zone, "the source range reaches above the write pointer");
    outcome.failure.emplace(CopyFailure{CopyDecision::fall_back, above.at_lba(destination_lba)});
    co_return outcome;
  }
  const FileCopyOutcome copied = co_await copy_in_file(source, range, destination_lba, cancel);
  // Whole blocks only; a file system may stop anywhere.
  const std::uint64_t blocks = copied.bytes_copied / info_.block_size_bytes;
  const Status moved = end_write(zone, blocks, "copy");
  if (!moved) {
    outcome.failure.emplace(CopyFailure{CopyDecision::fail, moved.error()});
    co_return outcome;
  }
  outcome.blocks_copied = blocks;
  if (copied.code != 0) {
    const CopyDecision decision = copied.unsupported ? CopyDecision::fall_back : CopyDecision::fail;
    outcome.failure.emplace(CopyFailure{decision, error(copied.code, "copy", zone).at_lba(destination_lba)});
  }
  co_return outcome;
}

Task<FileCopyOutcome> ImageDevice::copy_in_file(ImageDevice& source, const CopyRange& range, Lba destination_lba,
                                                const CancelToken* cancel) {
  const FileRange files{source.file_.buffered.get(), source.file_.offset_of(range.start_lba), file_.buffered.get(),
                        file_.offset_of(destination_lba), std::uint64_t{range.blocks} * info_.block_size_bytes};
  FileCopyOutcome outcome;
  FileCopyOutcome* result = &outcome;  // this frame outlives the call
  const FileCopyMechanism mechanism = mechanism_;
  BlockingCall call = loop_.blocking([files, mechanism, cancel, result] {
    *result = copy_between_files(files, mechanism, cancel);
    return 0;
  });
  co_await call;
  co_return outcome;
}

Task<Status> ImageDevice::discard(ZoneIndex zone, std::uint64_t from_block, const char* operation) {
  const std::uint64_t blocks = file_.header.zone_length_blocks(zone) - from_block;
  if (blocks == 0) co_return Status();
  const std::int32_t code =
      co_await loop_.fallocate(file_.data.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                               file_.offset_of(info_.zone_start(zone) + from_block), blocks * info_.block_size_bytes);
  if (code < 0) co_return error(-code, operation, zone, "the file system beneath cannot punch a hole");
  co_return Status();
}

Task<Status> ImageDevice::manage_zone(ZoneIndex zone, ZoneAction action) {
  const char* operation = to_string(action).data();
  if (zone >= info_.zone_count) co_return error(EINVAL, operation, zone, "no such zone");
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const ZoneRequest request{command_for(action), 0, 0};
  const Result<ZoneState> after = decide(zone, request, operation);
  if (!after) co_return after.error();
  const ZoneState before = load(zone);
  if (before == *after) co_return Status();
  if (action == ZoneAction::finish) {  // what an interrupted write left must not become content
    const Status cleared = co_await discard(zone, before.write_pointer_blocks, operation);
    if (!cleared) co_return cleared;
  }
  // Again: another zone may have closed this one to make room, or another process made it bad.
  const ZoneState now = load(zone);
  const bool bad = now.condition == ZoneCondition::read_only || now.condition == ZoneCondition::offline;
  if (bad || !store(zone, now, *after)) co_return error(EIO, operation, zone, "the zone's condition has changed");
  // Empty first, then the data: if the process ends in between, what is left is above the write pointer.
  Status discarded;
  if (action == ZoneAction::reset) discarded = co_await discard(zone, 0, operation);
  co_return discarded;
}

Task<Status> ImageDevice::flush() {
  const std::int32_t code = co_await loop_.fdatasync(file_.buffered.get());
  if (code < 0) co_return error(-code, "flush", 0);
  co_return Status();
}

Error ImageDevice::error(int code, const char* operation, ZoneIndex zone, std::string detail) const {
  Error result(code, operation, std::move(detail));
  result.on_device(info_.path).at_zone(zone);
  return result;
}

Status ImageDevice::check_range(Lba lba, std::uint64_t blocks, const char* operation) const {
  if (lba <= info_.capacity_blocks && blocks <= info_.capacity_blocks - lba) return {};
  Error beyond(EINVAL, operation, "beyond the end of the device");
  beyond.on_device(info_.path).at_lba(lba);
  return beyond;
}

}  // namespace zonecopy::image
