#include "src/device/open/open_stack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "src/device/dm/hold.h"
#include "src/device/exclusive_claim.h"
#include "src/device/linear/linear_device.h"
#include "src/device/nvme/nvme_device.h"

namespace zonecopy {
namespace {

constexpr std::uint64_t sector_bytes = 512;

/// Why the block layer has to do.
Error unsuitable(const std::string& path, std::string detail) {
  Error error(EOPNOTSUPP, "open", std::move(detail));
  return error.on_device(path);
}

/// 0 where `path` is no block device.
dev_t block_device_number(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && S_ISBLK(facts.st_mode) ? facts.st_rdev : 0;
}

dm::Questions questions_to_kernel() { return {&dm::is_device_mapper, &dm::read_table}; }

/// The node of a device that is known by its number. Empty where there is none by the kernel's name.
std::string node_of(dev_t device) {
  std::error_code failure;
  const std::filesystem::path entry = fmt::format("/sys/dev/block/{}:{}", major(device), minor(device));
  const std::filesystem::path disk = std::filesystem::canonical(entry, failure);
  if (failure) return {};
  const std::string node = "/dev/" + disk.filename().string();
  return block_device_number(node) == device ? node : std::string();
}

Result<nvme::OpenNamespace> open_below(const std::string& path, dev_t device, Claim claim) {
  const std::string node = node_of(device);
  if (node.empty()) {
    return unsuitable(path,
                      fmt::format("it lies on device {}:{}, which has no node in /dev", major(device), minor(device)));
  }
  if (!nvme::nodes_of(node)) return unsuitable(path, fmt::format("it lies on {}, which is no NVMe namespace", node));
  Result<nvme::OpenNamespace> opened = nvme::open_namespace(
      node, claim == Claim::look ? nvme::NamespaceClaim::none : nvme::NamespaceClaim::of_the_holder,
      claim == Claim::read);
  if (opened) return opened;
  const Error& error = opened.error();
  return unsuitable(path,
                    fmt::format("it lies on {}, which cannot be used by passthrough: {}", node, error.to_string()));
}

/// Numbers the devices below, opens each once, and turns sectors into blocks.
Result<linear::Parts> open_parts(EventLoop& loop, const std::string& path, const dm::Stack& stack, Claim claim,
                                 bool write_protected, bool cross_namespace) {
  linear::Parts parts;
  parts.path = path;
  std::map<dev_t, std::size_t> numbers;
  for (const dm::Segment& segment : stack.segments) {
    const auto [known, is_new] = numbers.emplace(segment.below, parts.devices.size());
    if (is_new) {
      Result<nvme::OpenNamespace> opened = open_below(path, segment.below, claim);
      if (!opened) return opened.error();
      opened->held.write_protected = write_protected;
      parts.devices.push_back(std::make_unique<nvme::NvmeDevice>(loop, std::move(*opened), cross_namespace));
    }
    const std::uint64_t block_sectors = parts.devices[known->second]->info().block_size_bytes / sector_bytes;
    const bool whole_blocks =
        (segment.first_sector | segment.sectors | segment.first_sector_below) % block_sectors == 0;
    if (!whole_blocks) return unsuitable(path, "the device mapper table cuts blocks in two");
    parts.pieces.push_back({segment.first_sector / block_sectors, segment.sectors / block_sectors, known->second,
                            segment.first_sector_below / block_sectors});
  }
  return parts;
}

/// What the kernel remembers of the device now, to be put right at the end.
dm::KernelPointers kernel_pointers_of(const ExclusiveClaim& held, const dm::Stack& stack) {
  const bool can_be = std::all_of(stack.segments.begin(), stack.segments.end(), [](const dm::Segment& segment) {
    return dm::kernel_pointers_can_be_put_right(segment.below);
  });
  return can_be && !held.write_protected ? dm::KernelPointers(held.file.get()) : dm::KernelPointers();
}

/// Direct I/O, since what the hold writes at its end must reach the drive.
void make_direct(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_DIRECT); }

}  // namespace

bool is_device_mapper(const std::string& path) {
  const dev_t device = block_device_number(path);
  return device != 0 && dm::is_device_mapper(device);
}

Result<std::unique_ptr<ZonedDevice>> open_stack(EventLoop& loop, const std::string& path, Claim claim,
                                                bool cross_namespace) {
  const dm::Questions questions = questions_to_kernel();
  ExclusiveClaim held;
  if (claim != Claim::look) {
    Result<ExclusiveClaim> claimed = claim_block_device(path, claim == Claim::read);
    if (!claimed) return claimed.error();
    held = std::move(*claimed);
    make_direct(held.file.get());
  }
  if (!loop.sqe128_cqe32()) return unsuitable(path, "this kernel offers no NVMe passthrough by io_uring");
  Result<dm::Stack> stack = dm::resolve(block_device_number(path), questions);
  if (!stack) return unsuitable(path, stack.error().detail());
  Result<linear::Parts> parts =
      open_parts(loop, path, *stack, claim, held.write_protected, cross_namespace && claim != Claim::look);
  if (!parts) return parts.error();
  if (claim != Claim::look) {
    dm::KernelPointers pointers = kernel_pointers_of(held, *stack);
    parts->guard = std::make_unique<dm::Hold>(std::move(held.file), std::move(*stack), questions, std::move(pointers));
  }
  Result<std::unique_ptr<linear::LinearDevice>> device = linear::LinearDevice::make(loop, std::move(*parts));
  if (!device) return unsuitable(path, device.error().detail());
  return std::unique_ptr<ZonedDevice>(std::move(*device));
}

}  // namespace zonecopy
