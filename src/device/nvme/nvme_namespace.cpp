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

#include "src/device/nvme/controller.h"
#include "src/device/write_protection.h"
#include "src/nvme/command.h"
#include "src/nvme/identify.h"
#include "src/nvme/status.h"
#include "zonecopy/buffer.h"

namespace zonecopy::nvme {
namespace {

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

Status run_identify(const HeldNamespace& held, std::uint32_t nsid, std::uint8_t cns, std::uint8_t command_set,
                    std::span<std::byte> data) {
  const Result<Command> command = identify(nsid, cns, command_set, data);
  if (!command) return command.error();
  const std::int32_t result = send_admin(held.character.get(), *command);
  if (result == 0) return {};
  Error error = nvme::make_error(result, "identify");
  error.on_device(held.nodes.character_path);
  return error;
}

/// The largest data of one command that the kernel takes. It does not split a command, and the pages of its memory may
/// not be contiguous, so the limit on segments counts as well as that on the length.
std::uint64_t kernel_limit_bytes(const NamespaceNodes& nodes) {
  const std::uint64_t by_length = queue_limit(nodes.block_path, "max_hw_sectors_kb", transfer_max_bytes / 1024) * 1024;
  const std::uint64_t by_segments = queue_limit(nodes.block_path, "max_segments", 128) * page_bytes;
  return std::min(by_length, by_segments);
}

Result<NamespaceFacts> identify_namespace(const HeldNamespace& held, std::uint32_t nsid) {
  const Buffer buffer(5 * identify_size_bytes);
  const auto answer = [&buffer](std::size_t number) {
    return buffer.span().subspan(number * identify_size_bytes, identify_size_bytes);
  };
  const Status controller_read = run_identify(held, nsid, cns_controller, 0, answer(0));
  if (!controller_read) return controller_read.error();
  const Status namespace_read = run_identify(held, nsid, cns_namespace, 0, answer(1));
  if (!namespace_read) return namespace_read.error();
  const Status zoned_read = run_identify(held, nsid, cns_command_set_namespace, command_set_zoned, answer(2));
  const bool drive_answered = zoned_read || zoned_read.error().nvme_status().has_value();
  if (!drive_answered) return zoned_read.error();
  IdentifyAnswers answers{answer(0), answer(1), {}, {}, {}};
  if (zoned_read) answers.zoned_space = answer(2);
  if (run_identify(held, nsid, cns_command_set_controller, command_set_zoned, answer(3))) {
    answers.zoned_controller = answer(3);
  }
  if (run_identify(held, nsid, cns_command_set_controller, command_set_nvm, answer(4))) {
    answers.nvm_controller = answer(4);
  }
  return describe_namespace(held.nodes.block_path, nsid, answers, kernel_limit_bytes(held.nodes));
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
  opened.held.nodes = *nodes;
  opened.held.read_only = read_only;
  if (claim == NamespaceClaim::exclusive) {
    Result<FileDescriptor> block = claim_block_device(nodes->block_path);
    if (!block) return block.error();
    opened.held.block = std::move(*block);
    opened.held.write_protected = is_write_protected(opened.held.block.get());
    if (opened.held.write_protected && !read_only) return write_protected_error(nodes->block_path);
  }
  const int access = claim == NamespaceClaim::none ? O_RDONLY : O_RDWR;
  opened.held.character = FileDescriptor(open(nodes->character_path.c_str(), access | O_CLOEXEC));
  if (!opened.held.character) {
    const int code = errno;
    return make_error(nodes->character_path, code,
                      code == ENOENT ? "this kernel offers no node for NVMe passthrough (Linux 5.19 or later does)"
                                     : "the node for NVMe passthrough cannot be opened; are you root?");
  }
  const int nsid = ioctl(opened.held.character.get(), NVME_IOCTL_ID);
  if (nsid <= 0)
    return make_error(nodes->character_path, nsid < 0 ? errno : EINVAL, "it does not tell its namespace id");
  Result<NamespaceFacts> facts = identify_namespace(opened.held, static_cast<std::uint32_t>(nsid));
  if (!facts) return facts.error();
  opened.facts = std::move(*facts);
  return opened;
}

}  // namespace zonecopy::nvme
