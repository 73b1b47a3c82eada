#include "src/device/linear/linear_device.h"

#include <fmt/format.h>

#include <algorithm>

namespace zonecopy::linear {
namespace {

std::vector<const DeviceInfo*> infos_of(const std::vector<std::unique_ptr<ZonedDevice>>& devices) {
  std::vector<const DeviceInfo*> infos;
  infos.reserve(devices.size());
  for (const std::unique_ptr<ZonedDevice>& device : devices) infos.push_back(&device->info());
  return infos;
}

}  // namespace

Result<std::unique_ptr<LinearDevice>> LinearDevice::make(EventLoop& loop, Parts parts) {
  const std::vector<const DeviceInfo*> infos = infos_of(parts.devices);
  const Status right = check_pieces(parts.path, parts.pieces, infos);
  if (!right) return right.error();
  DeviceInfo info = describe(parts.path, parts.pieces, infos);
  return std::unique_ptr<LinearDevice>(new LinearDevice(loop, std::move(parts), std::move(info)));
}

LinearDevice::~LinearDevice() {
  parts_.guard.reset();  // it may have to look at the devices below a last time
}

std::vector<const DeviceInfo*> LinearDevice::infos_below() const { return infos_of(parts_.devices); }

DeviceIdentity LinearDevice::identity() const {
  if (parts_.id.empty()) return ZonedDevice::identity();
  return {info_.path, parts_.id};
}

Error LinearDevice::make_error(int code, const char* operation, Lba lba, std::string detail) const {
  Error error(code, operation, std::move(detail));
  return error.on_device(info_.path).at_zone(info_.zone_of(lba)).at_lba(lba);
}

/// The same error, in the addresses of this device.
Error LinearDevice::above(const Error& below, const Piece& piece) const {
  std::string detail = fmt::format("on {}", device_of(piece).info().path);
  if (below.lba()) detail += fmt::format(", LBA {}", *below.lba());
  if (!below.detail().empty()) detail += ": " + below.detail();
  Error error(below.code(), below.operation(), std::move(detail));
  error.with_zone_refusal(below.zone_refusal()).on_side(below.copy_side()).on_device(info_.path);
  if (below.nvme_status()) error.with_nvme_status(*below.nvme_status());
  if (below.lba() && piece.contains_below(*below.lba())) {
    const Lba lba = piece.above(*below.lba());
    error.at_lba(lba).at_zone(info_.zone_of(lba));
  }
  return error;
}

/// As above(). Where the layout has changed, that is why the command failed, or at least what matters more.
Error LinearDevice::explained(const Error& below, const Piece& piece) const {
  const Status same = parts_.guard ? parts_.guard->check(Care::now) : Status();
  if (same) return above(below, piece);
  Error error(same.error().code(), below.operation(), same.error().detail());
  return error.on_device(info_.path);
}

/// Whether a command for these blocks may be sent.
Status LinearDevice::check(Lba lba, std::uint64_t blocks, const char* operation, Care care) const {
  if (lba > info_.capacity_blocks || blocks > info_.capacity_blocks - lba) {
    return make_error(EINVAL, operation, lba, "past the end of the device");
  }
  const Status same = parts_.guard ? parts_.guard->check(care) : Status();
  if (!same) return make_error(same.error().code(), operation, lba, same.error().detail());
  return {};
}

bool LinearDevice::in_one_piece(Lba lba, std::uint64_t blocks) const {
  return lba < info_.capacity_blocks && blocks <= piece_of(lba).end_lba() - lba;
}

/// The same for what no device below could do alone: it would take the blocks after a piece for the ones that follow
/// there.
Status LinearDevice::check_in_one_piece(Lba lba, std::uint64_t blocks, const char* operation, Care care) const {
  const Status right = check(lba, std::max<std::uint64_t>(blocks, 1), operation, care);
  if (!right || in_one_piece(lba, blocks)) return right;
  Error error(ZoneRefusal::boundary, operation);
  return error.on_device(info_.path).at_zone(info_.zone_of(lba)).at_lba(lba);
}

Task<Result<std::vector<Zone>>> LinearDevice::report_zones(ZoneIndex first, std::uint32_t count) {
  const std::uint64_t end = std::min<std::uint64_t>(std::uint64_t{first} + count, info_.zone_count);
  std::vector<Zone> zones;
  if (first >= end) co_return zones;
  const Status right = check(info_.zone_start(first), 0, "zone report", Care::now);
  if (!right) co_return right.error();
  zones.reserve(end - first);
  for (std::uint64_t next = first; next < end; next = first + zones.size()) {
    const Lba lba = info_.zone_start(static_cast<ZoneIndex>(next));
    const Piece& piece = piece_of(lba);
    const std::uint64_t piece_end = (piece.end_lba() + info_.zone_size_blocks - 1) / info_.zone_size_blocks;
    const auto wanted = static_cast<std::uint32_t>(std::min(end, piece_end) - next);
    Result<std::vector<Zone>> part = co_await device_of(piece).report_zones(info_.zone_of(piece.below(lba)), wanted);
    if (!part) co_return explained(part.error(), piece);
    if (part->empty()) co_return make_error(EIO, "zone report", lba, "the device below reports no zone here");
    for (const Zone& zone : *part) zones.push_back(lifted(zone, piece, info_));
  }
  co_return zones;
}

Task<Status> LinearDevice::read(Lba lba, std::span<std::byte> data) {
  const Status right = check(lba, blocks_of(data.size()), "read", Care::often);
  if (!right) co_return right;
  while (!data.empty()) {
    const Piece& piece = piece_of(lba);
    const std::uint64_t blocks = std::min(blocks_of(data.size()), piece.end_lba() - lba);
    const std::span<std::byte> part = data.first(blocks * info_.block_size_bytes);
    const Status read = co_await device_of(piece).read(piece.below(lba), part);
    if (!read) co_return explained(read.error(), piece);
    data = data.subspan(part.size());
    lba += blocks;
  }
  co_return Status();
}

Task<Status> LinearDevice::write(Lba lba, std::span<const std::byte> data) {
  const Status right = check_in_one_piece(lba, blocks_of(data.size()), "write", Care::often);
  if (!right || data.empty()) co_return right;
  const KeyedLocks::Guard turn = co_await order_.lock(info_.zone_of(lba), KeyedLocks::Mode::write_beside);
  const Piece& piece = piece_of(lba);
  const Status written = co_await device_of(piece).write(piece.below(lba), data);
  if (!written) co_return explained(written.error(), piece);
  co_return Status();
}

Task<Status> LinearDevice::write_zeroes(Lba lba, std::uint64_t blocks) {
  const Status right = check_in_one_piece(lba, blocks, "write zeroes", Care::often);
  if (!right || blocks == 0) co_return right;
  const KeyedLocks::Guard turn = co_await order_.lock(info_.zone_of(lba), KeyedLocks::Mode::write_beside);
  const Piece& piece = piece_of(lba);
  const Status written = co_await device_of(piece).write_zeroes(piece.below(lba), blocks);
  if (!written) co_return explained(written.error(), piece);
  co_return Status();
}

Task<Result<Lba>> LinearDevice::append(ZoneIndex zone, std::span<const std::byte> data) {
  const Lba lba = info_.zone_start(zone);
  const Status right = check_in_one_piece(lba, blocks_of(data.size()), "zone append", Care::often);
  if (!right) co_return right.error();
  const KeyedLocks::Guard turn = co_await order_.lock(zone, KeyedLocks::Mode::write_beside);
  const Piece& piece = piece_of(lba);
  const Result<Lba> written = co_await device_of(piece).append(device_of(piece).info().zone_of(piece.below(lba)), data);
  if (!written) co_return explained(written.error(), piece);
  co_return piece.above(*written);
}

Task<Status> LinearDevice::manage_zone(ZoneIndex zone, ZoneAction action) {
  const Lba lba = info_.zone_start(zone);
  const Status right = check_in_one_piece(lba, 1, to_string(action).data(), Care::now);
  if (!right) co_return right;
  const KeyedLocks::Guard turn = co_await order_.lock(zone, KeyedLocks::Mode::write_beside);
  const Piece& piece = piece_of(lba);
  const Status done = co_await device_of(piece).manage_zone(info_.zone_of(piece.below(lba)), action);
  if (!done) co_return explained(done.error(), piece);
  co_return Status();
}

Task<void> LinearDevice::flush_one(ZonedDevice& device, Status* flushed, Gate* gate) {
  const GatePass pass(*gate);
  Status done = co_await device.flush();
  if (!done && flushed->ok()) *flushed = std::move(done);
}

Task<Status> LinearDevice::flush() {
  Status flushed;
  Gate gate;
  for (const std::unique_ptr<ZonedDevice>& device : parts_.devices) loop_.spawn(flush_one(*device, &flushed, &gate));
  Event& all_done = gate.drained();
  co_await all_done;
  const Status same = parts_.guard ? parts_.guard->check(Care::now) : Status();
  if (!same) co_return Error(same.error().code(), "flush", same.error().detail()).on_device(info_.path);
  if (flushed) co_return Status();
  const Error& failed = flushed.error();
  Error error(failed.code(), "flush", fmt::format("on {}: {}", failed.device(), failed.detail()));
  if (failed.nvme_status()) error.with_nvme_status(*failed.nvme_status());
  co_return error.on_device(info_.path);
}

Status LinearDevice::make_writable() {
  for (const std::unique_ptr<ZonedDevice>& device : parts_.devices) {
    const Status writable = device->make_writable();
    if (writable) continue;
    Error error(writable.error().code(), writable.error().operation(), writable.error().text());
    return error.on_device(info_.path);
  }
  return {};
}

}  // namespace zonecopy::linear
