#include "src/device/linear/in_a_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "zonecopy/buffer.h"

namespace zonecopy::linear {
namespace {

constexpr std::size_t head_size_bytes = member_record_offset_bytes + member_record_size_bytes;

Error make_error(const std::string& name, std::string detail) {
  Error error(EINVAL, "concatenate", std::move(detail));
  return error.on_device(name);
}

Lba record_lba(const ZonedDevice& device) { return member_record_offset_bytes / device.info().block_size_bytes; }

}  // namespace

std::vector<Piece> pieces_in_a_row(std::span<const DeviceInfo* const> infos) {
  std::vector<Piece> pieces;
  Lba next_lba = 0;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const Lba first_lba_below = i == 0 ? 0 : infos[i]->zone_size_blocks;
    const std::uint64_t blocks = infos[i]->capacity_blocks - std::min(first_lba_below, infos[i]->capacity_blocks);
    pieces.push_back(Piece{next_lba, blocks, i, first_lba_below});
    next_lba += blocks;
  }
  return pieces;
}

Status check_in_a_row(const std::string& name, std::span<const DeviceInfo* const> infos) {
  if (infos.size() < 2) return make_error(name, "a row takes at least two devices");
  for (const DeviceInfo* info : infos) {
    if (info->zone_count < 2) return make_error(info->path, "it has one zone only, which would hold no data");
    if (info->zone_size_blocks * info->block_size_bytes < head_size_bytes) {
      return make_error(info->path, fmt::format("its zones are too small: {} bytes are needed", head_size_bytes));
    }
  }
  return check_pieces(name, pieces_in_a_row(infos), infos);
}

Task<Result<std::optional<Member>>> read_member(ZonedDevice& device) {
  const Buffer buffer(member_record_size_bytes);
  const Status read = co_await device.read(record_lba(device), buffer.span());
  if (!read) co_return read.error();
  co_return decode_member(buffer.span());
}

Task<Status> erase_member(ZonedDevice& device) {
  const Buffer buffer(member_record_size_bytes);
  std::memset(buffer.data(), 0, buffer.size());
  const std::span<const std::byte> zeros = buffer.span();
  const Status written = co_await device.write(record_lba(device), zeros);
  co_return written;
}

Task<Status> write_member(ZonedDevice& device, Member member) {
  const Result<std::vector<Zone>> zones = co_await device.report_zones(0, 1);
  if (!zones) co_return zones.error();
  if (zones->empty()) co_return make_error(device.info().path, "it reports no zone 0");
  const bool sequential = zones->front().sequential();
  if (sequential && zones->front().condition != ZoneCondition::empty) {
    const Status reset = co_await device.manage_zone(0, ZoneAction::reset);
    if (!reset) co_return reset.error();
  }
  const Buffer buffer(head_size_bytes);
  const std::span<std::byte> head = buffer.first(head_size_bytes);
  const MemberRecord record = encode(member);
  std::memset(head.data(), 0, head.size());
  std::memcpy(head.data() + member_record_offset_bytes, record.data(), record.size());
  const Status written = co_await device.write(0, head);
  if (!written) co_return written.error();
  if (sequential) {
    const Status finished = co_await device.manage_zone(0, ZoneAction::finish);
    if (!finished) co_return finished.error();
  }
  const Status flushed = co_await device.flush();
  co_return flushed;
}

}  // namespace zonecopy::linear
