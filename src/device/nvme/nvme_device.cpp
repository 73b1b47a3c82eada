#include "src/device/nvme/nvme_device.h"

#include <fmt/format.h>
#include <liburing.h>
#include <linux/nvme_ioctl.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

#include "src/device/write_protection.h"
#include "src/nvme/status.h"

namespace zonecopy::nvme {
namespace {

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

CrossNamespace::Facts facts_of(const HeldNamespace& held, const NamespaceFacts& known) {
  CrossNamespace::Facts facts{known.info.path, known.target.nsid, known.controller, known.space, {}};
  struct stat node {};
  fstat(held.character.get(), &node);
  const std::string folder = std::filesystem::path(held.nodes.character_path).parent_path().string();
  facts.controllers = [number = node.st_rdev, nsid = known.target.nsid, folder] {
    return controller_nodes(number, nsid, folder);
  };
  return facts;
}

}  // namespace

NvmeDevice::NvmeDevice(EventLoop& loop, OpenNamespace opened, bool cross_namespace)
    : NamespaceDevice(loop, std::move(opened.facts)),
      held_(std::move(opened.held)),
      cross_namespace_(facts_of(held_, facts()), loop.shared<ControllerTable>(), cross_namespace, !held_.read_only) {}

/// The buffer index of the registered buffer that the data lies in; nothing if there is none, or it is not to be used.
std::optional<std::uint16_t> NvmeDevice::buffer_index_of(const Command& command) const {
  if (!registered_memory_works_) return std::nullopt;
  return loop().buffer_index(std::span(reinterpret_cast<const std::byte*>(command.addr), command.data_len));
}

Task<Completion> NvmeDevice::submit(Command command) {
  const std::optional<std::uint16_t> buffer_index = buffer_index_of(command);
  if (buffer_index) {
    RingOperation registered = loop().operation(ring_entry(held_.character.get(), command, buffer_index));
    const std::int32_t result = co_await registered;
    Completion completion{result, registered.big_cqe()};
    if (result != -EINVAL) co_return completion;
    // Linux before 6.1 does not take registered buffers in passthrough commands; before 6.12 it does not take one that
    // is longer than the command or in many segments. The drive has not seen the command, so it can be sent again.
    registered_memory_works_ = false;
  }
  RingOperation operation = loop().operation(ring_entry(held_.character.get(), command, std::nullopt));
  const std::int32_t result = co_await operation;
  Completion completion{result, operation.big_cqe()};
  co_return completion;
}

Task<Status> NvmeDevice::read(Lba lba, std::span<std::byte> data) {
  if (command_bytes(lba, data.size()) == data.size()) {
    const Result<Command> command = nvme::read(facts().target, lba, data);
    if (!command) co_return on_this_device(command.error());
    RingOperation operation = loop().operation(ring_entry(held_.character.get(), *command, buffer_index_of(*command)));
    const std::int32_t result = co_await operation;
    if (result == 0) co_return Status();
    // EINVAL may be due to the registered buffer. submit() then does without it.
    if (result != -EINVAL) {
      const Completion failed{result};
      co_return make_error(failed, "read", lba);
    }
  }
  const Status status = co_await NamespaceDevice::read(lba, data);
  co_return status;
}

CopyRoute NvmeDevice::copy_route(const ZonedDevice& source) const {
  const auto* const other = dynamic_cast<const NvmeDevice*>(&source);
  if (other == nullptr || other == this) return ZonedDevice::copy_route(source);
  std::string objection = cross_namespace_.objection(other->cross_namespace_);
  if (!objection.empty()) return {CopyPath::emulated, {}, std::move(objection)};
  return {CopyPath::offloaded, cross_namespace_.limits(other->cross_namespace_), {}};
}

/// A reset of the controller undoes that Copy across namespaces is enabled, of which nobody is told; so one that ends as
/// if it were not is sent once more, after enabling. Should the drive have copied a part, it refuses the second: the
/// write pointer is elsewhere.
Task<Completion> NvmeDevice::submit_copy(Command command, NamespaceDevice& source) {
  Completion completion = co_await submit(command);
  auto* const other = dynamic_cast<NvmeDevice*>(&source);
  if (other == nullptr || other == this || !is_invalid_field(completion.result)) co_return completion;
  const bool enabled = co_await cross_namespace_.enable_again(loop(), other->cross_namespace_);
  if (enabled) completion = co_await submit(command);
  co_return completion;
}

void NvmeDevice::note_refusal_across(NamespaceDevice& source, const Error& error) {
  if (auto* const other = dynamic_cast<NvmeDevice*>(&source)) {
    cross_namespace_.note_refusal(other->cross_namespace_, error);
  }
}

Status NvmeDevice::make_writable() {
  if (held_.write_protected) return write_protected_error(info().path);
  cross_namespace_.begins_to_write();
  return {};
}

}  // namespace zonecopy::nvme
