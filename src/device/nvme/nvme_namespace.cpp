#include "src/device/nvme/nvme_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

#include "src/device/nvme/controller.h"
#include "src/device/write_protection.h"
#include "src/nvme/command.h"
#include "src/nvme/identify.h"
#include "src/nvme/status.h"
#include "zonecopy/buffer.h"

namespace zonecopy::nvme {
namespace {

constexpr std::uint32_t transfer_max_bytes = 1U << 20;
constexpr std::uint32_t page_bytes = 4096;

Error make_error(const std::string& path, int code, std::string detail) {
  Error error(code, "open", std::move(detail));
  error.on_device(path);
  return error;
}

/// A value of /sys/block/…/queue; `otherwise` where it cannot be read.
std::uint64_t queue_limit(const std::string& block_path, const char* name, std::uint64_t otherwise) {
  const std::string device = std::filesystem::path(block_path).filename().string();
  std::ifstream file(fmt::format("/sys/block/{}/queue/{}", device, name));
  std::uint64_t value = 0;
  return file >> value ? value : otherwise;
}

Status run_identify(const OpenNamespace& opened, std::uint8_t cns, std::uint8_t command_set,
                    std::span<std::byte> data) {
  const Result<Command> command = identify(opened.target.nsid, cns, command_set, data);
  if (!command) return command.error();
  const std::int32_t result = send_admin(opened.character.get(), *command);
  if (result == 0) return {};
  Error error = nvme::make_error(result, "identify");
  error.on_device(opened.nodes.character_path);
  return error;
}

/// The largest data of one command. The kernel does not split a command, and the pages of its memory may not be
/// contiguous, so the limit on segments counts as well as that on the length.
std::uint32_t command_limit(const Controller& controller, const NamespaceNodes& nodes) {
  const std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t by_drive = controller.mdts == 0 ? none : controller.max_transfer_bytes();
  const std::uint64_t by_kernel = queue_limit(nodes.block_path, "max_hw_sectors_kb", transfer_max_bytes / 1024) * 1024;
  const std::uint64_t by_segments = queue_limit(nodes.block_path, "max_segments", 128) * page_bytes;
  const std::uint64_t limit = std::min({by_drive, by_kernel, by_segments, std::uint64_t{transfer_max_bytes}});
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(limit / page_bytes, 1) * page_bytes);
}

void describe_copy(const Controller& controller, const Namespace& space, DeviceInfo& info) {
  info.copy_unavailable = why_no_copy(controller, space);
  if (!info.copy_unavailable.empty()) return;
  info.copy_limits = space.copy_limits();
  info.copy_mechanism = "NVMe Copy";
}

Status identify_namespace(OpenNamespace& opened) {
  const std::string& path = opened.nodes.block_path;
  const Buffer buffer(identify_size_bytes);
  const std::span<std::byte> data = buffer.first(identify_size_bytes);
  const Status controller_read = run_identify(opened, cns_controller, 0, data);
  if (!controller_read) return controller_read;
  const Controller controller = decode_controller(data);
  const Status namespace_read = run_identify(opened, cns_namespace, 0, data);
  if (!namespace_read) return namespace_read;
  const Namespace space = decode_namespace(data);
  const Status zoned_read = run_identify(opened, cns_command_set_namespace, command_set_zoned, data);
  const bool drive_answered = zoned_read || zoned_read.error().nvme_status().has_value();
  if (!drive_answered) return zoned_read;
  const ZonedNamespace zoned = zoned_read ? decode_zoned_namespace(data, space.format_index) : ZonedNamespace();
  if (zoned.zone_size_blocks == 0) {
    return make_error(path, EOPNOTSUPP, "this namespace is not zoned; zonecopyfs needs a ZNS namespace");
  }
  if (space.block_size_bytes < 512 || space.block_size_bytes > page_bytes) {
    return make_error(
        path, EOPNOTSUPP,
        fmt::format("blocks of {} bytes are not supported, those of 512 to 4096 are", space.block_size_bytes));
  }
  if (space.size_blocks / zoned.zone_size_blocks > std::numeric_limits<std::int32_t>::max()) {
    return make_error(path, EOPNOTSUPP, "the namespace has more zones than can be numbered");
  }
  if (space.metadata_bytes != 0) {
    return make_error(
        path, EOPNOTSUPP,
        fmt::format("its blocks carry {} bytes of metadata; format the namespace without", space.metadata_bytes));
  }
  const Status zasl_read = run_identify(opened, cns_command_set_controller, command_set_zoned, data);
  const std::uint8_t zasl = zasl_read ? decode_zasl(data) : 0;
  const Status wzsl_read = run_identify(opened, cns_command_set_controller, command_set_nvm, data);
  const std::uint8_t wzsl = wzsl_read ? decode_wzsl(data) : 0;

  opened.controller = controller;
  opened.space = space;
  Target& target = opened.target;
  target.block_size_bytes = space.block_size_bytes;
  target.zone_size_blocks = zoned.zone_size_blocks;
  target.size_blocks = space.size_blocks / zoned.zone_size_blocks * zoned.zone_size_blocks;
  target.command_max_bytes = command_limit(controller, opened.nodes);
  const std::uint64_t append_bytes =
      zasl == 0 ? target.command_max_bytes : std::uint64_t{page_bytes} << std::min<int>(zasl, 20);
  target.append_max_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(append_bytes, target.command_max_bytes));
  target.zeroes_max_bytes = write_zeroes_max_bytes(controller, wzsl);
  DeviceInfo& info = opened.info;
  info.path = opened.nodes.block_path;
  info.kind = DeviceKind::nvme;
  info.block_size_bytes = space.block_size_bytes;
  info.zone_size_blocks = zoned.zone_size_blocks;
  info.zone_count = static_cast<std::uint32_t>(target.size_blocks / zoned.zone_size_blocks);
  info.capacity_blocks = target.size_blocks;
  info.max_transfer_bytes = transfer_max_bytes;
  info.max_append_bytes = target.append_max_bytes;
  info.resource_limits = zoned.limits;
  describe_copy(controller, space, info);
  return {};
}

/// O_EXCL on a block device takes the exclusive claim that mount(2) takes too.
Result<FileDescriptor> claim_block_device(const std::string& path) {
  FileDescriptor block(open(path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  if (block) return block;
  if (errno == EBUSY) return make_error(path, EBUSY, "it is mounted, or another program holds it");
  if (errno == EACCES || errno == EPERM) return make_error(path, errno, "only root may use the drive");
  return make_error(path, errno, {});
}

}  // namespace

Result<NamespaceNodes> nodes_of(const std::string& path) {
  const std::filesystem::path real(path);
  std::string name = real.filename().string();
  const bool character = name.starts_with("ng");
  const std::string numbers = name.substr(character ? 2 : std::min<std::size_t>(4, name.size()));
  const std::size_t separator = numbers.find('n');
  const auto all_digits = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  const bool well_formed = (character || name.starts_with("nvme")) && separator != std::string::npos &&
                           all_digits(numbers.substr(0, separator)) && all_digits(numbers.substr(separator + 1));
  if (!well_formed) {
    return make_error(path, EINVAL,
                      "an NVMe namespace is named as in /dev/nvme0n1 or /dev/ng0n1, not a controller or partition");
  }
  const std::filesystem::path directory = real.parent_path();  // empty: the working directory
  return NamespaceNodes{(directory / ("nvme" + numbers)).string(), (directory / ("ng" + numbers)).string()};
}

Result<OpenNamespace> open_namespace(const std::string& path, NamespaceClaim claim, bool read_only) {
  const Result<NamespaceNodes> nodes = nodes_of(path);
  if (!nodes) return nodes.error();
  OpenNamespace opened;
  opened.nodes = *nodes;
  opened.read_only = read_only;
  if (claim == NamespaceClaim::exclusive) {
    Result<FileDescriptor> block = claim_block_device(nodes->block_path);
    if (!block) return block.error();
    opened.block = std::move(*block);
    opened.write_protected = is_write_protected(opened.block.get());
    if (opened.write_protected && !read_only) return write_protected_error(nodes->block_path);
  }
  const int access = claim == NamespaceClaim::none ? O_RDONLY : O_RDWR;
  opened.character = FileDescriptor(open(nodes->character_path.c_str(), access | O_CLOEXEC));
  if (!opened.character) {
    const int code = errno;
    return make_error(nodes->character_path, code,
                      code == ENOENT ? "this kernel offers no node for NVMe passthrough (Linux 5.19 or later does)"
                                     : "the node for NVMe passthrough cannot be opened; are you root?");
  }
  const int nsid = ioctl(opened.character.get(), NVME_IOCTL_ID);
  if (nsid <= 0)
    return make_error(nodes->character_path, nsid < 0 ? errno : EINVAL, "it does not tell its namespace id");
  opened.target.nsid = static_cast<std::uint32_t>(nsid);
  const Status identified = identify_namespace(opened);
  if (!identified) return identified.error();
  return opened;
}

}  // namespace zonecopy::nvme
