#include "src/device/image/image_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace zonecopy::image {
namespace {

constexpr std::uint32_t transfer_max_bytes = 1U << 20;
// Largest Copy command, so that a long copy can be cancelled and counted between commands.
constexpr std::uint64_t copy_max_bytes = 1U << 30;
constexpr std::uint32_t copy_ranges_max = 256;

const char* name_of(FileCopyMechanism mechanism) {
  switch (mechanism) {
    case FileCopyMechanism::reflink: return "sharing extents (FICLONERANGE)";
    case FileCopyMechanism::copy_file_range: return "copy_file_range";
    case FileCopyMechanism::none: break;
  }
  return "";
}

constexpr const char* no_sharing = "the file system that holds the image cannot share extents (FICLONERANGE)";

/// Why the kernel moved data whose extents could not be shared.
std::string kernel_reason(const FileCopyOutcome& copied) {
  if (copied.sharing_code == 0) return no_sharing;
  return fmt::format("extents of this range cannot be shared (FICLONERANGE: {})", strerrordesc_np(copied.sharing_code));
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

DeviceInfo describe(const OpenImage& image, FileCopyMechanism mechanism) {
  const Header& header = image.header;
  DeviceInfo info;
  info.path = image.path;
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
    if (mechanism == FileCopyMechanism::copy_file_range) info.copy_moves_data = no_sharing;
  }
  return info;
}

ImageDevice::ImageDevice(EventLoop& loop, OpenImage image, std::uint64_t hole_min_bytes)
    : loop_(loop),
      image_(std::move(image)),
      info_(describe(image_, image_.store->copy_mechanism())),
      hole_min_bytes_(hole_min_bytes),
      ledger_(info_.resource_limits),
      syncs_(*image_.store),
      tails_(info_.zone_count, Tail::unknown) {
  for (ZoneIndex zone = 0; zone < info_.zone_count; ++zone) {
    const ZoneRecord known = record(zone);
    ledger_.note(zone, known.condition);
    if (known.unsynced_blocks != 0) note_unsynced(zone);
  }
}

Task<Result<std::vector<Zone>>> ImageDevice::report_zones(ZoneIndex first, std::uint32_t count) {
  std::vector<Zone> zones;
  const std::uint64_t end = std::min<std::uint64_t>(std::uint64_t{first} + count, info_.zone_count);
  if (first >= end) co_return zones;
  std::vector<std::byte> failures(end - first);
  if (image_.header.has_failures()) {
    const int code = image_.store->read_now(failures, image_.header.failure_offset_bytes(first));
    if (code != 0) co_return make_error(code, "report zones", first, "the zone table cannot be read");
  }
  zones.reserve(failures.size());
  for (std::uint64_t zone = first; zone < end; ++zone) {
    const auto index = static_cast<ZoneIndex>(zone);
    zones.push_back(image_.header.describe(index, apply_failure(index, failures[zone - first])));
  }
  co_return zones;
}

Result<std::uint64_t> ImageDevice::readable_blocks(ZoneIndex zone, const char* operation) {
  const Result<ZoneState> state = load(zone, operation);
  if (!state) return state.error();
  if (state->condition == ZoneCondition::offline) return make_error(ZoneRefusal::offline, operation, zone);
  return stored_blocks(zone);
}

std::uint64_t ImageDevice::stored_blocks(ZoneIndex zone) const {
  // A zone that was full when it failed can be read completely, too.
  const bool all = conventional(zone) || record(zone).condition == ZoneCondition::full;
  return all ? capacity_of(zone) : record(zone).written_blocks;
}

Task<Status> ImageDevice::read(Lba lba, std::span<std::byte> data) {
  const std::uint64_t block_size_bytes = info_.block_size_bytes;
  const Status inside = check_range(lba, data.size() / block_size_bytes, "read");
  if (!inside) co_return inside;
  while (!data.empty()) {
    const ZoneIndex zone = info_.zone_of(lba);
    const std::uint64_t offset_blocks = lba - info_.zone_start(zone);
    const std::uint64_t in_zone_blocks =
        std::min(data.size() / block_size_bytes, image_.header.zone_length_blocks(zone) - offset_blocks);
    const std::span<std::byte> part = data.first(in_zone_blocks * block_size_bytes);
    const std::uint64_t readable = stored_blocks(zone);
    const std::size_t stored_bytes =
        std::min(in_zone_blocks, readable > offset_blocks ? readable - offset_blocks : 0) * block_size_bytes;
    if (stored_bytes == 0) {
      const Result<std::uint64_t> alive = readable_blocks(zone, "read");
      if (!alive) co_return Error(alive.error()).at_lba(lba);
    }
    // Whether the zone has failed is read with the data, for the price of one wait.
    bool look = image_.header.has_failures();
    FileTransfer<std::byte> transfer(part.first(stored_bytes), image_.header.offset_of(lba));
    while (transfer.goes_on()) {
      std::byte failure{0};
      StoreOperation operation = look ? read_with_failure(zone, failure, transfer)
                                      : image_.store->read(transfer.data(), transfer.offset_bytes());
      const std::int32_t result = co_await operation;
      const Status alive = judge_failure(zone, result, failure);
      if (!alive) co_return Error(alive.error()).at_lba(lba);
      look = look && result != -ECANCELED;
      transfer.note(result == -ECANCELED ? -EAGAIN : result);
    }
    if (transfer.code() != 0) co_return make_error(transfer.code(), "read", zone).at_lba(lba);
    std::fill(part.begin() + static_cast<std::ptrdiff_t>(stored_bytes), part.end(), std::byte{0});
    data = data.subspan(part.size());
    lba += in_zone_blocks;
  }
  co_return Status();
}

StoreOperation ImageDevice::read_with_failure(ZoneIndex zone, std::byte& failure,
                                              const FileTransfer<std::byte>& transfer) {
  return image_.store->read_after(std::span(&failure, 1), image_.header.failure_offset_bytes(zone), transfer.data(),
                                  transfer.offset_bytes());
}

/// `result` is that of read_with_failure.
Status ImageDevice::judge_failure(ZoneIndex zone, std::int32_t result, std::byte failure) {
  if (result == -ECANCELED) {  // the byte was not to be read: once more, by itself, to be told why
    const Result<std::uint64_t> readable = readable_blocks(zone, "read");
    return readable ? Status() : Status(readable.error());
  }
  if (apply_failure(zone, failure).condition == ZoneCondition::offline)
    return make_error(EIO, "read", zone, "zone offline");
  return {};
}

Task<Status> ImageDevice::write(Lba lba, std::span<const std::byte> data) {
  const Status inside = check_range(lba, data.size() / info_.block_size_bytes, "write");
  if (!inside) co_return inside;
  const ZoneIndex zone = info_.zone_of(lba);
  const std::uint64_t offset_blocks = lba - info_.zone_start(zone);
  if (conventional(zone)) {  // it has no write pointer, so writes need no order
    const Status written = co_await write_locked(zone, offset_blocks, data, "write");
    co_return written;
  }
  const CommandEnd end(command_ended_);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const Status written = co_await write_locked(zone, offset_blocks, data, "write");
  co_return written;
}

Task<Result<Lba>> ImageDevice::append(ZoneIndex zone, std::span<const std::byte> data) {
  if (zone >= info_.zone_count || conventional(zone)) co_return make_error(EINVAL, "zone append", zone);
  const CommandEnd end(command_ended_);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const Result<ZoneState> state = load(zone, "zone append");
  if (!state) co_return state.error();
  const std::uint64_t offset_blocks = state->write_pointer_blocks;
  const Status written = co_await write_locked(zone, offset_blocks, data, "zone append");
  if (!written) co_return written.error();
  co_return info_.zone_start(zone) + offset_blocks;
}

Task<Status> ImageDevice::write_locked(ZoneIndex zone, std::uint64_t offset_blocks, std::span<const std::byte> data,
                                       const char* operation) {
  const std::uint64_t blocks = data.size() / info_.block_size_bytes;
  const ZoneRequest request{ZoneCommand::write, offset_blocks, blocks};
  const Status begun = co_await begin_write(zone, request, operation);
  if (!begun) co_return begun;
  FileTransfer<const std::byte> transfer(data, offset_of(zone, offset_blocks));
  while (transfer.goes_on()) {
    const std::int32_t result = co_await image_.store->write(transfer.data(), transfer.offset_bytes());
    transfer.note(result);
  }
  if (transfer.code() != 0) {
    tails_[zone] = Tail::unknown;
    co_return make_error(transfer.code(), operation, zone).at_lba(info_.zone_start(zone) + offset_blocks);
  }
  const Status ended = co_await end_write(zone, blocks, false, operation);
  co_return ended;
}

CopyRoute ImageDevice::copy_route(const ZonedDevice& source) const {
  const auto* other = dynamic_cast<const ImageDevice*>(&source);
  if (other == nullptr) return ZonedDevice::copy_route(source);
  if (other == this || image_.store->can_copy_from(*other->image_.store)) return ZonedDevice::copy_route(*this);
  if (!info_.copy_limits.available()) return {CopyPath::emulated, {}, info_.copy_objection()};
  return {
      CopyPath::emulated, {}, fmt::format("{} and {} are on different file systems", info_.path, other->info_.path)};
}

Task<CopyOutcome> ImageDevice::copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) {
  CopyOutcome outcome;
  auto& from = dynamic_cast<ImageDevice&>(source);
  const ZoneIndex zone = info_.zone_of(command.destination_lba);
  const CommandEnd end(command_ended_);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const ZoneRequest request{ZoneCommand::write, command.destination_lba - info_.zone_start(zone), command.blocks()};
  const Status begun = co_await begin_write(zone, request, "copy");
  if (!begun) {
    outcome.failure.emplace(CopyFailure{CopyDecision::fail, begun.error()});
    co_return outcome;
  }
  // What lies in front of a range that cannot be copied is copied all the same.
  std::vector<ImageStore::SourceRange> ranges;
  std::optional<CopyFailure> objection;
  for (const CopyRange& range : command.ranges) {
    objection = from.objection_to_copy(range);
    if (objection) break;
    ranges.push_back(ImageStore::SourceRange{from.image_.header.offset_of(range.start_lba),
                                             std::uint64_t{range.blocks} * info_.block_size_bytes});
  }
  if (!ranges.empty()) {
    outcome = co_await copy_ranges(from, ranges, command, cancel);
  }
  const bool reached = outcome.blocks_copied == blocks_of(ranges);
  if (objection && reached && !outcome.failure) outcome.failure = objection;
  if (outcome.failure && !outcome.failure->error.lba() && outcome.failure->error.copy_side() != CopySide::source) {
    outcome.failure->error.at_lba(command.destination_lba + outcome.blocks_copied);
  }
  co_return outcome;
}

/// Why a range cannot be copied from this image, if that is so.
std::optional<CopyFailure> ImageDevice::objection_to_copy(const CopyRange& range) {
  const ZoneIndex zone = info_.zone_of(range.start_lba);
  const Result<std::uint64_t> readable = readable_blocks(zone, "copy");
  if (!readable) {
    CopyFailure failure{CopyDecision::fail, readable.error()};
    failure.error.on_side(CopySide::source).at_lba(range.start_lba);
    return failure;
  }
  const std::uint64_t end_blocks = range.start_lba - info_.zone_start(zone) + range.blocks;
  if (end_blocks <= *readable) return std::nullopt;
  // Reads there give zeros, but the file may hold anything.
  return CopyFailure{CopyDecision::fall_back,
                     make_error(EINVAL, "copy", zone, "the source range reaches above the write pointer")};
}

std::uint64_t ImageDevice::blocks_of(const std::vector<ImageStore::SourceRange>& ranges) const {
  std::uint64_t bytes = 0;
  for (const ImageStore::SourceRange& range : ranges) bytes += range.length_bytes;
  return bytes / info_.block_size_bytes;
}

Task<CopyOutcome> ImageDevice::copy_ranges(ImageDevice& source, const std::vector<ImageStore::SourceRange>& ranges,
                                           const CopyCommand& command, const CancelToken* cancel) {
  CopyOutcome outcome;
  const ZoneIndex zone = info_.zone_of(command.destination_lba);
  const FileCopyAllowed allowed = command.kernel_may_move ? FileCopyAllowed::moving : FileCopyAllowed::sharing;
  // Until the write pointer is advanced, the copied blocks lie above it.
  const Tail tail = std::exchange(tails_[zone], Tail::unknown);
  ImageStore::Copied done = co_await image_.store->copy_from(
      *source.image_.store, ranges, image_.header.offset_of(command.destination_lba), allowed, cancel);
  const FileCopyOutcome& copied = done.outcome;
  // Only whole blocks count; a file system may stop inside one.
  const std::uint64_t blocks = copied.bytes_copied / info_.block_size_bytes;
  const Result<bool> kept = co_await keep_holes(zone, blocks, std::move(done.hole_bytes));
  if (!kept) {
    const CopyDecision decision = kept.error().code() == EOPNOTSUPP ? CopyDecision::fall_back : CopyDecision::fail;
    outcome.failure.emplace(CopyFailure{decision, kept.error()});
    co_return outcome;
  }
  const Status moved = co_await end_write(zone, blocks, *kept, "copy");
  if (!moved) {
    outcome.failure.emplace(CopyFailure{CopyDecision::fail, moved.error()});
    co_return outcome;
  }
  if (blocks == blocks_of(ranges)) tails_[zone] = tail;
  outcome.blocks_copied = blocks;
  outcome.blocks_by_kernel = std::min(blocks, copied.bytes_by_kernel / info_.block_size_bytes);
  if (outcome.blocks_by_kernel > 0) outcome.kernel_reason = kernel_reason(copied);
  if (copied.code != 0) {
    const CopyDecision decision = copied.unsupported ? CopyDecision::fall_back : CopyDecision::fail;
    outcome.failure.emplace(CopyFailure{decision, make_error(copied.code, "copy", zone)});
  }
  co_return outcome;
}

Task<Status> ImageDevice::manage_zone(ZoneIndex zone, ZoneAction action) {
  const char* operation = to_string(action).data();
  if (zone >= info_.zone_count) co_return make_error(EINVAL, operation, zone, "no such zone");
  const CommandEnd end(command_ended_);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const ZoneRequest request{command_for(action), 0, 0};
  const Result<ZoneTransition> verdict = decide(zone, request, operation);
  if (!verdict) co_return verdict.error();
  const ZoneState before = record(zone).state(capacity_of(zone));
  if (before == verdict->after) co_return Status();
  Status done;
  if (action == ZoneAction::reset) {
    done = co_await reset(zone);
  } else if (action == ZoneAction::finish) {
    done = co_await finish(zone);
  } else {
    done = co_await open_or_close(zone, verdict->after.condition);
  }
  co_return done;
}

Task<Status> ImageDevice::reset(ZoneIndex zone) {
  const ZoneRecord before = record(zone);
  const ZoneRecord empty{ZoneCondition::empty, 0, 0};
  int code = co_await store(zone, empty);
  const bool no_room = code == ENOSPC || code == EDQUOT;
  if (no_room && image_.store->use_reserve()) code = co_await store(zone, empty);
  if (code != 0) co_return make_error(code, "zone reset", zone, "the zone table cannot be written");
  unsynced_.erase(zone);
  distrusted_.erase(zone);
  // A zone that was empty needs no punching. One that was full needs a sync even if it has no written blocks: else,
  // after a power cut, new data could appear in the old, full zone.
  const bool was_full = before.condition == ZoneCondition::full;
  if (before.written_blocks == 0 && !was_full && tails_[zone] == Tail::hole) co_return Status();
  tails_[zone] = Tail::unknown;
  code = co_await sync();
  if (code != 0)
    co_return make_error(code, "zone reset", zone, "the zone is empty, but not for sure after a power cut");
  co_await punch(zone, 0);
  image_.store->refill_reserve();
  co_return Status();
}

Task<Status> ImageDevice::finish(ZoneIndex zone) {
  if (record(zone).written_blocks < capacity_of(zone)) {  // what an interrupted write left must not become content
    const Status cleared = co_await zero_tail(zone, "zone finish");
    if (!cleared) co_return cleared;
  }
  ZoneRecord full = record(zone);
  full.condition = ZoneCondition::full;
  const int code = co_await store(zone, full);
  if (code != 0) co_return make_error(code, "zone finish", zone, "the zone table cannot be written");
  co_return Status();
}

Task<Status> ImageDevice::open_or_close(ZoneIndex zone, ZoneCondition condition) {
  const ZoneRecord before = record(zone);
  if (is_open(condition) && !is_open(before.condition)) {
    const ZoneRequest request{ZoneCommand::open, 0, 0};
    const Status opened = co_await take_resources(zone, request, condition, "zone open");
    co_return opened;
  }
  ZoneRecord after = before;
  after.condition = condition;
  const int code = co_await store(zone, after);
  if (code != 0) co_return make_error(code, "zone open or close", zone, "the zone table cannot be written");
  co_return Status();
}

DeviceIdentity ImageDevice::identity() const {
  DeviceIdentity place = image_.store->identity();
  if (place.path.empty()) place.path = image_.path;
  return place;
}

Status ImageDevice::make_writable() {
  if (image_.writable) return {};
  Status done = image_.store->make_writable();
  if (!done) {
    done.error().on_device(image_.path);
    return done;
  }
  image_.writable = true;
  info_ = describe(image_, image_.store->copy_mechanism());
  return {};
}

Error ImageDevice::make_error(ZoneRefusal refusal, const char* operation, ZoneIndex zone) const {
  Error result(refusal, operation);
  result.on_device(info_.path).at_zone(zone);
  return result;
}

Error ImageDevice::make_error(int code, const char* operation, ZoneIndex zone, std::string detail) const {
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
