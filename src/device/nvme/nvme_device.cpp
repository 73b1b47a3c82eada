#include "src/device/nvme/nvme_device.h"

#include <fmt/format.h>
#include <liburing.h>
#include <linux/nvme_ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "src/device/write_protection.h"
#include "src/device/zeros.h"
#include "src/nvme/identify.h"
#include "src/nvme/status.h"
#include "zonecopy/buffer.h"

namespace zonecopy::nvme {
namespace {

constexpr std::uint32_t report_buffer_bytes = 256U << 10;

/// `buffer_index`: the registered buffer that the data lies in, if it does.
RingOperation::EntryBytes ring_entry(int fd, const Command& command, std::optional<std::uint16_t> buffer_index) {
  io_uring_sqe entry{};
  entry.opcode = IORING_OP_URING_CMD;
  entry.fd = fd;
  entry.cmd_op = NVME_URING_CMD_IO;
  if (buffer_index) {
    entry.uring_cmd_flags = IORING_URING_CMD_FIXED;
    entry.buf_index = *buffer_index;
  }
  RingOperation::EntryBytes bytes{};
  std::memcpy(bytes.data(), &entry, sizeof entry);
  // The command begins at offset 48 of the entry (field cmd) and reaches into its second half.
  std::memcpy(bytes.data() + offsetof(io_uring_sqe, cmd), &command, sizeof command);
  return bytes;
}

/// The nodes of the controllers that carry out what is sent to the character device `node`, in the folder of that.
Result<std::vector<std::string>> controller_nodes(dev_t node, std::uint32_t nsid, const std::string& folder) {
  Result<std::vector<std::string>> names = controllers_of(node, nsid);
  if (!names) return names;
  for (std::string& name : *names) name = fmt::format("{}/{}", folder, name);
  return names;
}

CrossNamespace::Facts facts_of(const OpenNamespace& opened) {
  CrossNamespace::Facts facts{opened.info.path, opened.target.nsid, opened.controller, opened.space, {}};
  struct stat node {};
  fstat(opened.character.get(), &node);
  const std::string folder = std::filesystem::path(opened.nodes.character_path).parent_path().string();
  facts.controllers = [number = node.st_rdev, nsid = opened.target.nsid, folder] {
    return controller_nodes(number, nsid, folder);
  };
  return facts;
}

}  // namespace

NvmeDevice::NvmeDevice(EventLoop& loop, OpenNamespace opened, bool cross_namespace)
    : loop_(loop),
      opened_(std::move(opened)),
      cross_namespace_(facts_of(opened_), loop.shared<ControllerTable>(), cross_namespace, !opened_.read_only) {}

/// The buffer index of the registered buffer that the data lies in; nothing if there is none, or it is not to be used.
std::optional<std::uint16_t> NvmeDevice::buffer_index_of(const Command& command) const {
  if (!registered_memory_works_) return std::nullopt;
  return loop_.buffer_index(std::span(reinterpret_cast<const std::byte*>(command.addr), command.data_len));
}

Task<NvmeDevice::Completion> NvmeDevice::submit(Command command) {
  const std::optional<std::uint16_t> buffer_index = buffer_index_of(command);
  if (buffer_index) {
    RingOperation registered = loop_.operation(ring_entry(opened_.character.get(), command, buffer_index));
    const std::int32_t result = co_await registered;
    const Completion completion{result, registered.big_cqe()};
    if (result != -EINVAL) co_return completion;
    // Linux before 6.1 does not take registered buffers in passthrough commands; before 6.12 it does not take one that
    // is longer than the command or in many segments. The drive has not seen the command, so it can be sent again.
    registered_memory_works_ = false;
  }
  RingOperation operation = loop_.operation(ring_entry(opened_.character.get(), command, std::nullopt));
  const std::int32_t result = co_await operation;
  const Completion completion{result, operation.big_cqe()};
  co_return completion;
}

Error NvmeDevice::make_error(std::int32_t result, const char* operation, Lba lba) const {
  Error error = nvme::make_error(result, operation);
  error.on_device(info().path).at_zone(info().zone_of(lba)).at_lba(lba);
  return error;
}

Error NvmeDevice::on_this_device(Error error) const {
  if (error.lba()) error.at_zone(info().zone_of(*error.lba()));
  return error.on_device(info().path);
}

Task<Result<std::vector<Zone>>> NvmeDevice::report_zones(ZoneIndex first, std::uint32_t count) {
  const Buffer buffer(std::min(report_buffer_bytes, opened_.target.command_max_bytes));
  const std::uint64_t end = std::min<std::uint64_t>(std::uint64_t{first} + count, info().zone_count);
  std::vector<Zone> zones;
  for (std::uint64_t next = first; next < end; next = first + zones.size()) {
    const std::size_t wanted_bytes = zone_report_header_bytes + (end - next) * zone_descriptor_bytes;
    const std::span<std::byte> data = buffer.first(std::min(wanted_bytes, buffer.size()));
    const Lba lba = info().zone_start(static_cast<ZoneIndex>(next));
    const Result<Command> command = zone_report(opened_.target, lba, data);
    if (!command) co_return on_this_device(command.error());
    const Completion completion = co_await submit(*command);
    if (completion.result != 0) co_return make_error(completion.result, "zone report", lba);
    Result<std::vector<Zone>> part = decode_zone_report(data, info().zone_size_blocks);
    if (!part) co_return part.error().on_device(info().path);
    if (part->empty() || part->front().start_lba != lba) {
      co_return make_error(-EIO, "zone report: not the zones that were asked for", lba);
    }
    zones.insert(zones.end(), part->begin(), part->end());
  }
  if (zones.size() > count) zones.resize(count);
  co_return zones;
}

Task<void> NvmeDevice::read_part(Lba lba, std::span<std::byte> data, Status* status, Gate* gate) {
  const GatePass pass(*gate);
  const Result<Command> command = nvme::read(opened_.target, lba, data);
  if (!command) {
    *status = on_this_device(command.error());
    co_return;
  }
  const Completion completion = co_await submit(*command);
  if (completion.result != 0) *status = make_error(completion.result, "read", lba);
}

Task<Status> NvmeDevice::read(Lba lba, std::span<std::byte> data) {
  const Status inside = check_range(opened_.target, lba, data.size(), "read");
  if (!inside) co_return on_this_device(inside.error());
  if (command_bytes(lba, data.size()) == data.size()) {
    const Result<Command> command = nvme::read(opened_.target, lba, data);
    if (!command) co_return on_this_device(command.error());
    RingOperation operation = loop_.operation(ring_entry(opened_.character.get(), *command, buffer_index_of(*command)));
    const std::int32_t result = co_await operation;
    if (result == 0) co_return Status();
    // EINVAL may be due to the registered buffer. submit(), which read_parts() uses, then does without it.
    if (result != -EINVAL) co_return make_error(result, "read", lba);
  }
  const Status status = co_await read_parts(lba, data);
  co_return status;
}

/// The number of bytes, at most `bytes`, that one command can read from `lba` on.
std::size_t NvmeDevice::command_bytes(Lba lba, std::size_t bytes) const {
  const std::uint64_t zone_left_blocks = info().zone_size_blocks - lba % info().zone_size_blocks;
  return std::min<std::uint64_t>({bytes, opened_.target.command_max_bytes, zone_left_blocks * info().block_size_bytes});
}

/// A read that may need several commands, which are sent all at once.
Task<Status> NvmeDevice::read_parts(Lba lba, std::span<std::byte> data) {
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

Task<Status> NvmeDevice::write(Lba lba, std::span<const std::byte> data) {
  const Status inside = check_range(opened_.target, lba, data.size(), "write");
  if (!inside) co_return on_this_device(inside.error());
  const KeyedLocks::Guard guard = co_await locks_.exclusive(info().zone_of(lba));
  const Status written = co_await write_locked(lba, data);
  co_return written;
}

Task<Status> NvmeDevice::write_locked(Lba lba, std::span<const std::byte> data) {
  while (!data.empty()) {
    const std::span<const std::byte> part =
        data.first(std::min<std::size_t>(data.size(), opened_.target.command_max_bytes));
    const Result<Command> command = nvme::write(opened_.target, lba, part);
    if (!command) co_return on_this_device(command.error());
    const Completion completion = co_await submit(*command);
    if (completion.result != 0) co_return make_error(completion.result, "write", lba);
    data = data.subspan(part.size());
    lba += part.size() / info().block_size_bytes;
  }
  co_return Status();
}

Task<Status> NvmeDevice::write_zeroes(Lba lba, std::uint64_t blocks) {
  const Status inside = check_blocks(opened_.target, lba, blocks, "write zeroes");
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
Task<Result<std::uint64_t>> NvmeDevice::write_some_zeroes(Lba lba, std::uint64_t blocks) {
  const std::uint64_t command_blocks = std::min(blocks, zeroes_max_blocks(opened_.target));
  if (command_blocks != 0) {
    Result<Command> command = nvme::write_zeroes(opened_.target, lba, command_blocks);
    if (!command) co_return on_this_device(command.error());
    command->timeout_ms = base_timeout_ms;
    const Completion completion = co_await submit(*command);
    if (completion.result == 0) co_return command_blocks;
    if (!lacks_command(completion.result)) co_return make_error(completion.result, "write zeroes", lba);
    opened_.target.zeroes_max_bytes = 0;  // it is not asked again
  }
  const std::span<const std::byte> data =
      zeros_for_one_write(blocks * info().block_size_bytes, opened_.target.command_max_bytes);
  const Status written = co_await write_locked(lba, data);
  if (!written) co_return written.error();
  co_return data.size() / info().block_size_bytes;
}

Task<Result<Lba>> NvmeDevice::append(ZoneIndex zone, std::span<const std::byte> data) {
  const Result<Command> command = zone_append(opened_.target, info().zone_start(zone), data);
  if (!command) co_return on_this_device(command.error());
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const Completion completion = co_await submit(*command);
  if (completion.result != 0) co_return make_error(completion.result, "zone append", info().zone_start(zone));
  co_return Lba{completion.value};
}

Task<Status> NvmeDevice::manage_zone(ZoneIndex zone, ZoneAction action) {
  const KeyedLocks::Guard guard = co_await locks_.exclusive(zone);
  const Lba lba = info().zone_start(zone);
  Result<Command> command = zone_management_send(opened_.target, lba, action);
  if (!command) co_return on_this_device(command.error());
  command->timeout_ms = base_timeout_ms;  // a reset may take long: it may erase flash
  const Completion completion = co_await submit(*command);
  if (completion.result == 0) co_return Status();
  co_return make_error(completion.result, to_string(action).data(), lba);
}

Status NvmeDevice::make_writable() {
  if (opened_.write_protected) return write_protected_error(info().path);
  cross_namespace_.begins_to_write();
  return {};
}

Task<Status> NvmeDevice::flush() {
  if (!opened_.controller.volatile_write_cache) co_return Status();
  Command command = nvme::flush(opened_.target);
  command.timeout_ms = base_timeout_ms;
  const Completion completion = co_await submit(command);
  if (completion.result == 0) co_return Status();
  Error failed = nvme::make_error(completion.result, "flush");
  co_return failed.on_device(info().path);
}

}  // namespace zonecopy::nvme
