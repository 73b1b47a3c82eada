#include "src/device/block/block_device.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "src/device/exclusive_claim.h"
#include "src/device/file_transfer.h"
#include "src/device/zeros.h"

extern "C" {
#include <libzbd/zbd.h>
}

namespace zonecopy::block {
namespace {

constexpr std::uint32_t transfer_max_bytes = 1U << 20;

Error make_error(const std::string& path, int code, std::string detail) {
  Error error(code, "open", std::move(detail));
  error.on_device(path);
  return error;
}

ZoneType type_of(const zbd_zone& zone) {
  if (zone.type == ZBD_ZONE_TYPE_CNV) return ZoneType::conventional;
  return zone.type == ZBD_ZONE_TYPE_SWP ? ZoneType::sequential_preferred : ZoneType::sequential_required;
}

ZoneCondition condition_of(const zbd_zone& zone) {
  switch (zone.cond) {
    case ZBD_ZONE_COND_NOT_WP: return ZoneCondition::not_write_pointer;
    case ZBD_ZONE_COND_EMPTY: return ZoneCondition::empty;
    case ZBD_ZONE_COND_IMP_OPEN: return ZoneCondition::implicit_open;
    case ZBD_ZONE_COND_EXP_OPEN: return ZoneCondition::explicit_open;
    case ZBD_ZONE_COND_CLOSED: return ZoneCondition::closed;
    case ZBD_ZONE_COND_FULL: return ZoneCondition::full;
    case ZBD_ZONE_COND_READONLY: return ZoneCondition::read_only;
    default: return ZoneCondition::offline;
  }
}

Zone describe(const zbd_zone& reported, const DeviceInfo& info) {
  Zone zone;
  zone.type = type_of(reported);
  zone.condition = condition_of(reported);
  zone.start_lba = reported.start / info.block_size_bytes;
  zone.index = info.zone_of(zone.start_lba);
  zone.length_blocks = reported.len / info.block_size_bytes;
  zone.capacity_blocks = reported.capacity / info.block_size_bytes;
  // For full, read-only and offline zones libzbd reports a write pointer of ~0.
  const bool pointer_valid = reported.wp >= reported.start && reported.wp <= reported.start + reported.len;
  zone.write_pointer_lba = pointer_valid ? reported.wp / info.block_size_bytes : zone.end_lba();
  return zone;
}

zbd_zone_op operation_of(ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return ZBD_OP_OPEN;
    case ZoneAction::close: return ZBD_OP_CLOSE;
    case ZoneAction::finish: return ZBD_OP_FINISH;
    case ZoneAction::reset: return ZBD_OP_RESET;
  }
  return ZBD_OP_RESET;
}

DeviceInfo describe(const std::string& path, const zbd_info& zoned) {
  DeviceInfo info;
  info.path = path;
  info.kind = DeviceKind::block;
  // Writes to a zone are whole physical blocks (ZBC-2, "sequential write required zones").
  info.block_size_bytes = std::max(zoned.lblock_size, zoned.pblock_size);
  info.zone_size_blocks = zoned.zone_size / info.block_size_bytes;
  info.zone_count = zoned.nr_zones;
  info.capacity_blocks = zoned.nr_sectors * 512 / info.block_size_bytes;
  info.max_transfer_bytes = transfer_max_bytes;
  info.max_append_bytes = 0;
  info.resource_limits = {zoned.max_nr_open_zones, zoned.max_nr_active_zones};
  info.copy_unavailable = "a zoned block device has no Copy for programs; NVMe passthrough has, where the drive does";
  return info;
}

/// The device node under the kernel's name, which libzbd needs to find the device in sysfs. Nodes of device-mapper and
/// in containers often have other names. `path` itself if there is no such node.
std::string kernel_path(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0 || !S_ISBLK(facts.st_mode)) return path;
  const std::filesystem::path entry = fmt::format("/sys/dev/block/{}:{}", major(facts.st_rdev), minor(facts.st_rdev));
  std::error_code failure;
  const std::filesystem::path disk = std::filesystem::canonical(entry, failure);
  if (failure) return path;
  const std::filesystem::path node = std::filesystem::path("/dev") / disk.filename();
  struct stat named {};
  const bool same = stat(node.c_str(), &named) == 0 && S_ISBLK(named.st_mode) && named.st_rdev == facts.st_rdev;
  return same ? node.string() : path;
}

/// The reason that the errno of a command to a zone tells: Linux has errnos for two of them.
std::optional<ZoneRefusal> refusal_of(int code) {
  for (const ZoneRefusal refusal : {ZoneRefusal::too_many_open, ZoneRefusal::too_many_active}) {
    if (to_errno(refusal) == code) return refusal;
  }
  return std::nullopt;
}

}  // namespace

Result<OpenBlockDevice> open_block_device(const std::string& path, bool exclusive, bool read_only) {
  OpenBlockDevice opened;
  if (exclusive) {
    Result<ExclusiveClaim> claimed = claim_block_device(path, read_only);
    if (!claimed) return claimed.error();
    opened.claim = std::move(claimed->file);
    opened.write_protected = claimed->write_protected;
  }
  const int access = exclusive && !opened.write_protected ? O_RDWR : O_RDONLY;
  const std::string zoned_path = kernel_path(path);
  if (zbd_device_is_zoned(zoned_path.c_str()) != 1) {
    return make_error(path, EOPNOTSUPP, "this is not a zoned block device");
  }
  zbd_info zoned{};
  opened.zones = FileDescriptor(zbd_open(zoned_path.c_str(), access | O_CLOEXEC, &zoned));
  if (!opened.zones) return make_error(path, errno, "its zones cannot be read");
  opened.data = FileDescriptor(open(path.c_str(), access | O_DIRECT | O_CLOEXEC));
  if (!opened.data) return make_error(path, errno, {});
  opened.info = describe(path, zoned);
  if (opened.info.zone_size_blocks == 0) return make_error(path, EOPNOTSUPP, "its zones have no common size");
  return opened;
}

Status BlockDevice::make_writable() {
  if (!opened_.write_protected) return {};
  return make_error(EROFS, "open for writing", 0);
}

Error BlockDevice::make_error(int code, const char* operation, Lba lba) const {
  Error error(code, operation);
  error.with_zone_refusal(refusal_of(code));
  error.on_device(info().path).at_zone(info().zone_of(lba)).at_lba(lba);
  return error;
}

Task<Result<std::vector<Zone>>> BlockDevice::report_zones(ZoneIndex first, std::uint32_t count) {
  const std::uint64_t wanted = std::min<std::uint64_t>(count, info().zone_count - std::min(first, info().zone_count));
  std::vector<zbd_zone> reported(wanted);
  if (wanted == 0) co_return std::vector<Zone>();
  unsigned int zones_count = static_cast<unsigned int>(wanted);
  const int fd = opened_.zones.get();
  const auto from_bytes = static_cast<off_t>(bytes_of(info().zone_start(first)));
  const auto length_bytes = static_cast<off_t>(bytes_of(info().zone_size_blocks) * wanted);
  zbd_zone* into = reported.data();  // this frame outlives the call
  unsigned int* found = &zones_count;
  BlockingCall call = loop_.blocking(
      [=] { return zbd_report_zones(fd, from_bytes, length_bytes, ZBD_RO_ALL, into, found) == 0 ? 0 : -errno; });
  const int code = co_await call;
  if (code < 0) co_return make_error(-code, "zone report", info().zone_start(first));
  std::vector<Zone> zones;
  zones.reserve(zones_count);
  for (unsigned int i = 0; i < zones_count; ++i) zones.push_back(describe(reported[i], info()));
  co_return zones;
}

Task<Status> BlockDevice::read(Lba lba, std::span<std::byte> data) {
  FileTransfer<std::byte> transfer(data, bytes_of(lba));
  while (transfer.goes_on()) {
    const std::int32_t result = co_await loop_.read(opened_.data.get(), transfer.data(), transfer.offset_bytes());
    transfer.note(result);
  }
  if (transfer.code() != 0) co_return make_error(transfer.code(), "read", lba);
  co_return Status();
}

Task<Status> BlockDevice::write(Lba lba, std::span<const std::byte> data) {
  const KeyedLocks::Guard guard = co_await locks_.exclusive(info().zone_of(lba));
  const Status written = co_await write_locked(lba, data);
  co_return written;
}

Task<Status> BlockDevice::write_zeroes(Lba lba, std::uint64_t blocks) {
  const bool inside = lba <= info().capacity_blocks && blocks <= info().capacity_blocks - lba;
  if (!inside) co_return make_error(EINVAL, "write zeroes", lba);
  const KeyedLocks::Guard guard = co_await locks_.exclusive(info().zone_of(lba));
  while (blocks != 0) {
    const std::span<const std::byte> data = zeros_for_one_write(bytes_of(blocks));
    const Status written = co_await write_locked(lba, data);
    if (!written) co_return written;
    lba += data.size() / info().block_size_bytes;
    blocks -= data.size() / info().block_size_bytes;
  }
  co_return Status();
}

Task<Status> BlockDevice::write_locked(Lba lba, std::span<const std::byte> data) {
  FileTransfer<const std::byte> transfer(data, bytes_of(lba));
  while (transfer.goes_on()) {
    const std::int32_t result = co_await loop_.write(opened_.data.get(), transfer.data(), transfer.offset_bytes());
    transfer.note(result);
  }
  if (transfer.code() != 0) co_return make_error(transfer.code(), "write", lba);
  co_return Status();
}

Task<Result<Lba>> BlockDevice::append(ZoneIndex zone, std::span<const std::byte>) {
  co_return make_error(EOPNOTSUPP, "zone append", info().zone_start(zone));
}

Task<CopyOutcome> BlockDevice::copy(ZonedDevice&, const CopyCommand& command, const CancelToken*) {
  CopyOutcome outcome;
  outcome.failure.emplace(
      CopyFailure{CopyDecision::fall_back, make_error(EOPNOTSUPP, "copy", command.destination_lba)});
  co_return outcome;
}

Task<Status> BlockDevice::manage_zone(ZoneIndex zone, ZoneAction action) {
  // For a zone after the last one the length would be 0, which libzbd takes to mean all zones.
  if (zone >= info().zone_count) co_return make_error(EINVAL, to_string(action).data(), info().zone_start(zone));
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const int fd = opened_.zones.get();
  const zbd_zone_op operation = operation_of(action);
  const Lba start_lba = info().zone_start(zone);
  const auto start_bytes = static_cast<off_t>(bytes_of(start_lba));
  const auto length_bytes =
      static_cast<off_t>(bytes_of(std::min(info().zone_size_blocks, info().capacity_blocks - start_lba)));
  BlockingCall call =
      loop_.blocking([=] { return zbd_zones_operation(fd, operation, start_bytes, length_bytes) == 0 ? 0 : -errno; });
  const int code = co_await call;
  if (code < 0) co_return make_error(-code, to_string(action).data(), start_lba);
  co_return Status();
}

Task<Status> BlockDevice::flush() {
  const std::int32_t code = co_await loop_.fdatasync(opened_.data.get());
  if (code < 0) co_return make_error(-code, "flush", 0);
  co_return Status();
}

}  // namespace zonecopy::block
