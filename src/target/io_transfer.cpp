// Read, Write, Zone Append, Write Zeroes and Flush.
#include <algorithm>
#include <cstring>

#include "src/nvme/io_command.h"
#include "src/target/namespace.h"
#include "src/target/outcome.h"

namespace zonecopy::target {

Task<Outcome> Namespace::read(const nvme::Command& command, std::span<std::byte> data) {
  Lba lba = nvme::decode_block_command(command).start_lba;
  const std::uint64_t device_blocks = device_->info().capacity_blocks;
  while (!data.empty()) {
    // Not every kind of device reads across the boundary of two zones in one command.
    const std::uint64_t left_in_zone_bytes =
        (facts_.zone_size_blocks - lba % facts_.zone_size_blocks) * facts_.block_size_bytes;
    std::span<std::byte> part = data.first(std::min<std::uint64_t>(data.size(), left_in_zone_bytes));
    if (lba >= device_blocks) {  // above a last zone that is shorter than the others
      std::memset(part.data(), 0, part.size());
    } else {
      part = part.first(std::min<std::uint64_t>(part.size(), (device_blocks - lba) * facts_.block_size_bytes));
      const Status done = co_await device_->read(lba, part);
      if (!done) {
        const Outcome outcome = co_await failed_read(done.error(), lba);
        co_return outcome;
      }
    }
    lba += part.size() / facts_.block_size_bytes;
    data = data.subspan(part.size());
  }
  co_return Outcome();
}

Task<Outcome> Namespace::write(const nvme::Command& command, std::span<const std::byte> data, ControllerId controller) {
  const nvme::BlockCommand fields = nvme::decode_block_command(command);
  if (!in_one_zone(fields.start_lba, fields.blocks)) co_return refused(nvme::status::zone_boundary);
  const ZoneIndex zone = zone_of(fields.start_lba);
  KeyedLocks::Guard turn = co_await order_.write(zone);
  const Status in_place = co_await begin_at(fields.start_lba);
  if (!in_place) co_return failed(in_place.error(), nvme::MediaAccess::write);
  note_attempt(zone, controller);
  const Status done = co_await device_->write(fields.start_lba, data);
  const Outcome outcome = co_await end_write(fields, controller, done, std::move(turn));
  co_return outcome;
}

Task<Outcome> Namespace::write_zeroes(const nvme::Command& command, ControllerId controller) {
  const nvme::BlockCommand fields = nvme::decode_block_command(command);
  if (!in_one_zone(fields.start_lba, fields.blocks)) co_return refused(nvme::status::zone_boundary);
  const ZoneIndex zone = zone_of(fields.start_lba);
  KeyedLocks::Guard turn = co_await order_.write(zone);
  const Status in_place = co_await begin_at(fields.start_lba);
  if (!in_place) co_return failed(in_place.error(), nvme::MediaAccess::write);
  note_attempt(zone, controller);
  const Status done = co_await device_->write_zeroes(fields.start_lba, fields.blocks);
  const Outcome outcome = co_await end_write(fields, controller, done, std::move(turn));
  co_return outcome;
}

/// What is noted and told of a write of data or zeros that the device has `done`. `turn` is that of its zone.
Task<Outcome> Namespace::end_write(nvme::BlockCommand fields, ControllerId controller, Status done,
                                   KeyedLocks::Guard turn) {
  if (!done) {
    const Outcome outcome = co_await failed_write(done.error(), fields.start_lba, fields.blocks);
    co_return outcome;
  }
  const ZoneIndex zone = zone_of(fields.start_lba);
  end_at(zone, fields.start_lba + fields.blocks);
  note_user(zone, controller);
  turn.release();
  const Outcome outcome = co_await made_durable(Outcome(), fields.force_unit_access);
  co_return outcome;
}

Task<Outcome> Namespace::append(const nvme::Command& command, std::span<const std::byte> data,
                                ControllerId controller) {
  const nvme::BlockCommand fields = nvme::decode_block_command(command);
  const ZoneIndex zone = zone_of(fields.start_lba);
  if (fields.blocks > capacity_of(zone)) co_return refused(nvme::status::zone_boundary);
  // Appends need no order among themselves, but a copy or a write has the zone for itself.
  const KeyedLocks::Mode mode = facts_.append_by_write ? KeyedLocks::Mode::write : KeyedLocks::Mode::write_beside;
  KeyedLocks::Guard turn = co_await order_.lock(zone, mode);
  note_attempt(zone, controller);
  Result<Lba> landed = Lba{0};
  if (facts_.append_by_write) {
    landed = co_await append_by_write(zone, data);
  } else {
    landed = co_await device_->append(zone, data);
  }
  if (!landed) {
    const ZoneRequest request{ZoneCommand::append, 0, fields.blocks};
    const Outcome outcome = co_await failed_command(landed.error(), zone, request);
    co_return outcome;
  }
  note_user(zone, controller);
  turn.release();
  Outcome outcome;
  outcome.result = *landed;
  outcome = co_await made_durable(std::move(outcome), fields.force_unit_access);
  co_return outcome;
}

Task<Result<Lba>> Namespace::append_by_write(ZoneIndex zone, std::span<const std::byte> data) {
  const std::uint64_t blocks = data.size() / facts_.block_size_bytes;
  const Result<Lba> pointer = co_await take_write_pointer(zone);
  if (!pointer) co_return pointer.error();
  const Lba lba = *pointer;
  if (!in_one_zone(lba, blocks)) {
    const Result<Lba> now = co_await take_write_pointer(zone);  // by a look at the zone: it may have failed since
    if (!now) co_return now.error();
    end_at(zone, *now);
    co_return Error(ZoneRefusal::boundary, "zone append");
  }
  const Status written = co_await device_->write(lba, data);
  if (!written) co_return written.error();
  end_at(zone, lba + blocks);
  co_return lba;
}

Task<Outcome> Namespace::flush() {
  const Status done = co_await device_->flush();
  if (!done) co_return failed(done.error(), nvme::MediaAccess::write);
  co_return Outcome();
}

/// A success is passed on when what was written is durable, where Force Unit Access asks for that.
Task<Outcome> Namespace::made_durable(Outcome outcome, bool force_unit_access) {
  if (!force_unit_access) co_return outcome;
  const Outcome flushed = co_await flush();
  if (flushed.status != nvme::status::success) co_return flushed;
  co_return outcome;
}

}  // namespace zonecopy::target
