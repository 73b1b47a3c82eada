#include "src/gather/zone_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "src/gather/what_landed.h"

namespace zonecopy::gather {
namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t bounce_bytes = 256U << 10;

bool aligned(std::span<const std::byte> data) {
  return reinterpret_cast<std::uintptr_t>(data.data()) % page_bytes == 0;
}

/// Where the data of a zone ends.
std::uint64_t written_blocks(const Zone& zone) {
  switch (zone.condition) {
    case ZoneCondition::offline: return 0;
    case ZoneCondition::not_write_pointer:
    case ZoneCondition::full:
    // The device no longer knows the write pointer of a read-only zone; what is above it reads as zeros.
    case ZoneCondition::read_only: return zone.capacity_blocks;
    default: return zone.write_pointer_lba - zone.start_lba;
  }
}

}  // namespace

ZoneFile::ZoneFile(std::shared_ptr<OpenDevice> device, std::string name, ZoneIndex zone, bool writable)
    : device_(std::move(device)), name_(std::move(name)), zone_(zone), writable_(writable) {}

Result<std::shared_ptr<ZoneFile>> ZoneFile::open(std::shared_ptr<OpenDevice> device, const std::string& path,
                                                 ZoneIndex zone, bool writable) {
  const std::uint32_t count = device->device->info().zone_count;
  if (zone >= count) {
    return Error(EINVAL, "open zone", fmt::format("there is none of this number: the last is {}", count - 1))
        .on_device(path)
        .at_zone(zone);
  }
  return std::shared_ptr<ZoneFile>(new ZoneFile(std::move(device), fmt::format("{}#{}", path, zone), zone, writable));
}

bool ZoneFile::same_as(const GatherFile& other) const {
  const auto* zone = dynamic_cast<const ZoneFile*>(&other);
  return zone != nullptr && zone->device_ == device_ && zone->zone_ == zone_;
}

Error ZoneFile::make_error(int code, std::string detail) const {
  return Error(code, "gather", std::move(detail)).on_device(info().path).at_zone(zone_);
}

Lba ZoneFile::lba_of(std::uint64_t offset_bytes) const {
  return info().zone_start(zone_) + offset_bytes / info().block_size_bytes;
}

Result<Zone> ZoneFile::report() {
  const Result<std::vector<Zone>> zones = loop().run(device().report_zones(zone_, 1));
  if (!zones) return zones.error();
  if (zones->empty()) return make_error(EIO, "the device reports nothing about it");
  return zones->front();
}

Result<FileFacts> ZoneFile::all_facts() {
  const Result<Zone> zone = report();
  if (!zone) return zone.error();
  const std::uint64_t block_bytes = info().block_size_bytes;
  FileFacts facts;
  facts.size_bytes = written_blocks(*zone) * block_bytes;
  facts.capacity_bytes = zone->capacity_blocks * block_bytes;
  facts.block_size_bytes = block_bytes;
  facts.sequential = zone->sequential();
  facts.whole_blocks = true;
  return facts;
}

Status ZoneFile::check_source() {
  const Result<Zone> zone = report();
  if (!zone) return zone.error();
  if (zone->condition != ZoneCondition::offline) return {};
  return Error(ZoneRefusal::offline, "gather").on_device(info().path).at_zone(zone_);
}

Status ZoneFile::check_destination() {
  if (!writable_) return make_error(EBADF, "it was opened for reading: open a destination for writing");
  const Result<Zone> zone = report();
  if (!zone) return zone.error();
  const bool offline = zone->condition == ZoneCondition::offline;
  if (!offline && zone->condition != ZoneCondition::read_only) return {};
  return Error(offline ? ZoneRefusal::offline : ZoneRefusal::read_only, "gather").on_device(info().path).at_zone(zone_);
}

Status ZoneFile::read_blocks(std::uint64_t offset_bytes, std::span<std::byte> data) {
  const Lba lba = lba_of(offset_bytes);
  return loop().run(device().read(lba, data));
}

Result<std::size_t> ZoneFile::read_some(std::uint64_t offset_bytes, std::span<std::byte> data) {
  const std::uint64_t block_bytes = info().block_size_bytes;
  const std::uint64_t into_block = offset_bytes % block_bytes;
  if (into_block == 0 && data.size() >= block_bytes && aligned(data)) {
    const std::uint64_t length = std::min<std::uint64_t>(data.size(), info().max_transfer_bytes);
    const std::span<std::byte> blocks = data.first(length - length % block_bytes);
    const Status status = read_blocks(offset_bytes, blocks);
    if (!status) return status.error();
    return blocks.size();
  }
  if (!bounce_) bounce_ = Buffer(std::min<std::size_t>(bounce_bytes, info().max_transfer_bytes));
  const std::uint64_t wanted = std::min<std::uint64_t>(into_block + data.size(), bounce_.size());
  const std::uint64_t length = (wanted + block_bytes - 1) / block_bytes * block_bytes;
  const Status status = read_blocks(offset_bytes - into_block, bounce_.first(length));
  if (!status) return status.error();
  const std::size_t count = wanted - into_block;
  std::memcpy(data.data(), bounce_.data() + into_block, count);
  return count;
}

Result<std::size_t> ZoneFile::read(std::uint64_t offset_bytes, std::span<std::byte> data) {
  const Result<FileFacts> facts = all_facts();
  if (!facts) return facts.error();
  if (offset_bytes >= facts->size_bytes) return std::size_t{0};
  data = data.first(std::min<std::uint64_t>(data.size(), facts->size_bytes - offset_bytes));
  std::size_t done = 0;
  while (done < data.size()) {
    const Result<std::size_t> count = read_some(offset_bytes + done, data.subspan(done));
    if (!count) return count.error();
    done += *count;
  }
  return done;
}

Written ZoneFile::write(std::uint64_t offset_bytes, std::span<const std::byte> data) {
  Written written;
  while (written.bytes < data.size()) {
    const std::uint64_t length = std::min<std::uint64_t>(data.size() - written.bytes, info().max_transfer_bytes);
    const std::span<const std::byte> part = data.subspan(written.bytes, length);
    const Lba lba = lba_of(offset_bytes + written.bytes);
    const Status status = loop().run(device().write(lba, part));
    if (!status) {
      written.error = status.error();
      written.bytes += written_in_part(status.error().code(), offset_bytes + written.bytes, part);
      return written;
    }
    written.bytes += length;
  }
  return written;
}

std::uint64_t ZoneFile::written_in_part(int code, std::uint64_t offset_bytes, std::span<const std::byte> data) {
  if (!may_have_written(code)) return 0;
  const Result<FileFacts> facts = all_facts();
  if (!facts || !facts->sequential || facts->size_bytes <= offset_bytes) return 0;
  const Buffer there(std::min<std::uint64_t>(facts->size_bytes - offset_bytes, data.size()));
  const Result<std::size_t> count = read(offset_bytes, there.first(there.size()));
  if (!count) return 0;
  const std::uint64_t same_bytes = common_bytes(there.first(*count), data);
  return same_bytes - same_bytes % info().block_size_bytes;
}

Status ZoneFile::sync() { return loop().run(device().flush()); }

}  // namespace zonecopy::gather
