#include "tools/clone/super_block.h"

#include <uuid/uuid.h>

#include <algorithm>
#include <cstring>

#include "zonecopy/buffer.h"
#include "zonefs/format/existing_content.h"

namespace zonecopy::cloning {
namespace {

using zonefs::super_block_size_bytes;
using zonefs::SuperBlock;

// The two fields that differ between a super block and that of its clone (zonefs/disk/super_block.cpp).
constexpr std::size_t crc_offset = 4;
constexpr std::size_t crc_bytes = 4;
constexpr std::size_t uuid_offset = 72;
constexpr std::size_t uuid_bytes = 16;

bool may_differ(std::size_t offset) {
  return (offset >= crc_offset && offset < crc_offset + crc_bytes) ||
         (offset >= uuid_offset && offset < uuid_offset + uuid_bytes);
}

/// How much of the super block's place is written.
std::uint64_t written_bytes(const ZonedDevice& device, const Zone& zone) {
  std::uint64_t blocks = 0;
  // Of a read-only zone nothing says where the data ends; that of zone 0 is a whole super block, which can be read.
  const bool whole = zone.condition == ZoneCondition::full || zone.condition == ZoneCondition::read_only;
  if (!zone.sequential() || whole) blocks = zone.capacity_blocks;
  if (zone.sequential() && is_active(zone.condition)) blocks = zone.write_pointer_lba - zone.start_lba;
  return std::min<std::uint64_t>(super_block_size_bytes, blocks * device.info().block_size_bytes);
}

bool zeros(std::span<const std::byte> data) {
  return std::ranges::all_of(data, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

bool may_be_begun(std::span<const std::byte> bytes, const SuperBlock& super_block) {
  const zonefs::SuperBlockBytes expected = encode(super_block);
  for (std::size_t i = 0; i < std::min(bytes.size(), expected.size()); ++i) {
    if (bytes[i] != expected[i] && !may_differ(i)) return false;
  }
  return true;
}

Task<Result<std::optional<SuperBlock>>> read_super_block(ZonedDevice& device, const Zone& zone_0) {
  if (written_bytes(device, zone_0) < super_block_size_bytes) co_return std::optional<SuperBlock>();
  const Buffer buffer(super_block_size_bytes);
  const Status read = co_await device.read(0, buffer.span());
  if (!read) co_return read.error();
  Result<SuperBlock> super_block = zonefs::decode(buffer.span());
  co_return super_block ? std::optional<SuperBlock>(std::move(*super_block)) : std::optional<SuperBlock>();
}

Task<Result<bool>> holds_begun(ZonedDevice& device, const Zone& zone_0, const SuperBlock& super_block) {
  const Buffer buffer(super_block_size_bytes);
  const Status read = co_await device.read(0, buffer.span());
  if (!read) co_return read.error();
  const std::span<const std::byte> written = buffer.first(written_bytes(device, zone_0));
  if (zeros(written)) co_return true;
  if (zone_0.sequential()) co_return may_be_begun(written, super_block);
  // A block of 512 bytes of it may have been written, and the rest not yet.
  const std::size_t block_bytes = device.info().block_size_bytes;
  std::size_t end = written.size();
  while (end > block_bytes && zeros(written.subspan(end - block_bytes))) end -= block_bytes;
  co_return may_be_begun(written.first(end), super_block);
}

Task<Status> wipe_super_block(ZonedDevice& device, const Zone& zone_0) {
  if (zone_0.sequential()) {
    if (zone_0.condition == ZoneCondition::empty) co_return Status();
    const Status reset = co_await device.manage_zone(0, ZoneAction::reset);
    if (!reset) co_return reset.error();
  } else {
    const Status forgotten = co_await zonefs::forget_row(device, zone_0);
    if (!forgotten) co_return forgotten.error();
    const Buffer buffer(super_block_size_bytes);
    const Status read = co_await device.read(0, buffer.span());
    if (read && zeros(buffer.span())) co_return Status();
    std::memset(buffer.data(), 0, buffer.size());
    const std::span<const std::byte> data = buffer.span();
    const Status written = co_await device.write(0, data);
    if (!written) co_return written.error();
  }
  const Status flushed = co_await device.flush();
  co_return flushed;
}

Task<Status> write_super_block(ZonedDevice& device, const Zone& zone_0, const SuperBlock& super_block) {
  const zonefs::SuperBlockBytes bytes = encode(super_block);
  const Buffer buffer(bytes.size());
  std::memcpy(buffer.data(), bytes.data(), bytes.size());
  const std::span<const std::byte> data = buffer.span();
  const Status written = co_await device.write(0, data);
  if (!written) co_return written.error();
  if (zone_0.sequential()) {
    const Status finished = co_await device.manage_zone(0, ZoneAction::finish);
    if (!finished) co_return finished.error();
  }
  const Status flushed = co_await device.flush();
  co_return flushed;
}

Task<Result<bool>> matches(ZonedDevice& device, const SuperBlock& super_block) {
  const Buffer buffer(super_block_size_bytes);
  const Status read = co_await device.read(0, buffer.span());
  if (!read) co_return read.error();
  const zonefs::SuperBlockBytes bytes = encode(super_block);
  co_return std::memcmp(bytes.data(), buffer.data(), bytes.size()) == 0;
}

Uuid random_uuid() {
  Uuid uuid{};
  uuid_generate_random(uuid.data());
  return uuid;
}

}  // namespace zonecopy::cloning
