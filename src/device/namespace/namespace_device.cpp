#include "src/device/namespace/namespace_device.h"

#include <algorithm>

#include "src/device/zeros.h"
#include "src/nvme/identify.h"
#include "src/nvme/status.h"
#include "zonecopy/buffer.h"

namespace zonecopy::nvme {
namespace {

constexpr std::uint32_t report_buffer_bytes = 256U << 10;

}  // namespace

Error NamespaceDevice::make_error(const Completion& completion, const char* operation) const {
  Error error = nvme::make_error(completion.result, operation);
  if (!completion.detail.empty()) error = Error(error.code(), operation, completion.detail);
  return error.on_device(info().path);
}

Error NamespaceDevice::make_error(const Completion& completion, const char* operation, Lba lba) const {
  Error error = make_error(completion, operation);
  return error.at_zone(info().zone_of(lba)).at_lba(lba);
}

Error NamespaceDevice::on_this_device(Error error) const {
  if (error.lba()) error.at_zone(info().zone_of(*error.lba()));
  return error.on_device(info().path);
}

Task<Result<std::vector<Zone>>> NamespaceDevice::report_zones(ZoneIndex first, std::uint32_t count) {
  const Buffer buffer(std::min(report_buffer_bytes, facts_.target.command_max_bytes));
  const std::uint64_t end = std::min<std::uint64_t>(std::uint64_t{first} + count, info().zone_count);
  std::vector<Zone> zones;
  for (std::uint64_t next = first; next < end; next = first + zones.size()) {
    const std::size_t wanted_bytes = zone_report_header_bytes + (end - next) * zone_descriptor_bytes;
    const std::span<std::byte> data = buffer.first(std::min(wanted_bytes, buffer.size()));
    const Lba lba = info().zone_start(static_cast<ZoneIndex>(next));
    const Result<Command> command = zone_report(facts_.target, lba, data);
    if (!command) co_return on_this_device(command.error());
    const Completion completion = co_await submit(*command);
    if (completion.result != 0) co_return make_error(completion, "zone report", lba);
    Result<std::vector<Zone>> part = decode_zone_report(data, info().zone_size_blocks);
    if (!part) co_return part.error().on_device(info().path);
    if (part->empty() || part->front().start_lba != lba) {
      Error wrong(EIO, "zone report", "not the zones that were asked for");
      co_return on_this_device(wrong.at_lba(lba));
    }
    zones.insert(zones.end(), part->begin(), part->end());
  }
  if (zones.size() > count) zones.resize(count);
  co_return zones;
}

Task<void> NamespaceDevice::read_part(Lba lba, std::span<std::byte> data, Status* status, Gate* gate) {
  const GatePass pass(*gate);
  const Result<Command> command = nvme::read(facts_.target, lba, data);
  if (!command) {
    *status = on_this_device(command.error());
    co_return;
  }
  const Completion completion = co_await submit(*command);
  if (completion.result != 0) *status = make_error(completion, "read", lba);
}

Task<Status> NamespaceDevice::read(Lba lba, std::span<std::byte> data) {
  const Status inside = check_range(facts_.target, lba, data.size(), "read");
  if (!inside) co_return on_this_device(inside.error());
  if (command_bytes(lba, data.size()) == data.size()) {
    const Result<Command> command = nvme::read(facts_.target, lba, data);
    if (!command) co_return on_this_device(command.error());
    const Completion completion = co_await submit(*command);
    if (completion.result == 0) co_return Status();
    co_return make_error(completion, "read", lba);
  }
  const Status status = co_await read_parts(lba, data);
  co_return status;
}

/// The number of bytes, at most `bytes`, that one command can read from `lba` on.
std::size_t NamespaceDevice::command_bytes(Lba lba, std::size_t bytes) const {
  const std::uint64_t zone_left_blocks = info().zone_size_blocks - lba % info().zone_size_blocks;
  return std::min<std::uint64_t>({bytes, facts_.target.command_max_bytes, zone_left_blocks * info().block_size_bytes});
}

/// A read that may need several commands, which are sent all at once.
Task<Status> NamespaceDevice::read_parts(Lba lba, std::span<std::byte> data) {
  Status status;
  Gate gate;
  while (!data.empty()) {
    const std::size_t part_bytes = command_bytes(lba, data.size());
    loop_.spawn(read_part(lba, data.first(part_bytes), &status, &gate));
    data = data.subspan(part_bytes);
    lba += part_bytes / info().block_size_bytes;
  }
  Event& finished = gate.drained();
  co_await finished;
  co_return status;
}

Task<Status> NamespaceDevice::write(Lba lba, std::span<const std::byte> data) {
  const Status inside = check_range(facts_.target, lba, data.size(), "write");
  if (!inside) co_return on_this_device(inside.error());
  const KeyedLocks::Guard guard = co_await locks_.exclusive(info().zone_of(lba));
  const Status written = co_await write_locked(lba, data);
  co_return written;
}

Task<Status> NamespaceDevice::write_locked(Lba lba, std::span<const std::byte> data) {
  while (!data.empty()) {
    const std::span<const std::byte> part =
        data.first(std::min<std::size_t>(data.size(), facts_.target.command_max_bytes));
    const Result<Command> command = nvme::write(facts_.target, lba, part);
    if (!command) co_return on_this_device(command.error());
    const Completion completion = co_await submit(*command);
    if (completion.result != 0) co_return make_error(completion, "write", lba);
    data = data.subspan(part.size());
    lba += part.size() / info().block_size_bytes;
  }
  co_return Status();
}

Task<Status> NamespaceDevice::write_zeroes(Lba lba, std::uint64_t blocks) {
  const Status inside = check_blocks(facts_.target, lba, blocks, "write zeroes");
  if (!inside) co_return on_this_device(inside.error());
  const KeyedLocks::Guard guard = co_await locks_.exclusive(info().zone_of(lba));
  while (blocks != 0) {
    const Result<std::uint64_t> written = co_await write_some_zeroes(lba, blocks);
    if (!written) co_return written.error();
    lba += *written;
    blocks -= *written;
  }
  co_return Status();
}

/// Writes as many of `blocks` blocks of zeros as one command does, and returns their number. The zone is locked.
Task<Result<std::uint64_t>> NamespaceDevice::write_some_zeroes(Lba lba, std::uint64_t blocks) {
  const std::uint64_t command_blocks = std::min(blocks, zeroes_max_blocks(facts_.target));
  if (command_blocks != 0) {
    Result<Command> command = nvme::write_zeroes(facts_.target, lba, command_blocks);
    if (!command) co_return on_this_device(command.error());
    command->timeout_ms = base_timeout_ms;
    const Completion completion = co_await submit(*command);
    if (completion.result == 0) co_return command_blocks;
    if (!lacks_command(completion.result)) co_return make_error(completion, "write zeroes", lba);
    facts_.target.zeroes_max_bytes = 0;  // it is not asked again
  }
  const std::span<const std::byte> data =
      zeros_for_one_write(blocks * info().block_size_bytes, facts_.target.command_max_bytes);
  const Status written = co_await write_locked(lba, data);
  if (!written) co_return written.error();
  co_return data.size() / info().block_size_bytes;
}

Task<Result<Lba>> NamespaceDevice::append(ZoneIndex zone, std::span<const std::byte> data) {
  const Result<Command> command = zone_append(facts_.target, info().zone_start(zone), data);
  if (!command) co_return on_this_device(command.error());
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const Completion completion = co_await submit(*command);
  if (completion.result != 0) co_return make_error(completion, "zone append", info().zone_start(zone));
  co_return Lba{completion.value};
}

Task<Status> NamespaceDevice::manage_zone(ZoneIndex zone, ZoneAction action) {
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const Lba lba = info().zone_start(zone);
  Result<Command> command = zone_management_send(facts_.target, lba, action);
  if (!command) co_return on_this_device(command.error());
  command->timeout_ms = base_timeout_ms;  // a reset may take long: it may erase flash
  const Completion completion = co_await submit(*command);
  if (completion.result == 0) co_return Status();
  co_return make_error(completion, to_string(action).data(), lba);
}

Task<Status> NamespaceDevice::flush() {
  if (!facts_.controller.volatile_write_cache) co_return Status();
  Command command = nvme::flush(facts_.target);
  command.timeout_ms = base_timeout_ms;
  const Completion completion = co_await submit(command);
  if (completion.result == 0) co_return Status();
  co_return make_error(completion, "flush");
}

}  // namespace zonecopy::nvme
