#include "src/target/namespace_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace zonecopy::target {
namespace {

constexpr std::uint32_t page_bytes = 4096;          // the unit of MDTS and ZASL: CAP.MPSMIN
constexpr std::uint32_t range_blocks_max = 0xffff;  // MSSRL is 16 bits
constexpr std::uint32_t ranges_max = 256;           // MSRC is 8 bits, and 0-based
// What one Copy may take. The usual host waits 30 s for a command, with tens of others under way beside it: so copies
// that move data are kept short. One that shares extents or is a drive's own moves none.
constexpr std::uint64_t moving_copy_max_bytes = 32U << 20;
constexpr std::uint64_t offloaded_copy_max_bytes = 1U << 30;

Error make_error(const DeviceInfo& info, std::string detail) {
  Error error(EINVAL, "serve", std::move(detail));
  return error.on_device(info.path).detail_says_all();
}

std::uint32_t choose(std::uint32_t chosen, std::uint64_t otherwise) {
  return chosen != 0 ? chosen : static_cast<std::uint32_t>(std::max<std::uint64_t>(1, otherwise));
}

CopyLimits copy_limits_of(const DeviceInfo& info, const CopyLimits& chosen) {
  const bool moves = info.copy_path() != CopyPath::offloaded;
  const std::uint64_t total_blocks = (moves ? moving_copy_max_bytes : offloaded_copy_max_bytes) / info.block_size_bytes;
  CopyLimits limits;
  limits.max_ranges = choose(chosen.max_ranges, ranges_max);
  limits.max_total_blocks = choose(chosen.max_total_blocks, total_blocks);
  limits.max_range_blocks =
      choose(chosen.max_range_blocks, std::min<std::uint64_t>(limits.max_total_blocks, range_blocks_max));
  return limits;
}

/// The largest size that MDTS or ZASL can name and that is not above either limit; 0 if that is less than a page.
std::uint32_t power_of_two(std::uint32_t device_bytes, std::uint32_t chosen_bytes) {
  const std::uint32_t bytes = chosen_bytes != 0 ? std::min(device_bytes, chosen_bytes) : device_bytes;
  return bytes < page_bytes ? 0 : std::bit_floor(bytes);
}

Status check_options(const DeviceInfo& info, const NamespaceOptions& options) {
  const CopyLimits& limits = options.copy_limits;
  if (limits.max_range_blocks > range_blocks_max) {
    return make_error(info,
                      fmt::format("MSSRL is at most {} blocks, not {}", range_blocks_max, limits.max_range_blocks));
  }
  if (limits.max_ranges > ranges_max) {
    return make_error(info, fmt::format("a Copy has at most {} ranges, not {}", ranges_max, limits.max_ranges));
  }
  for (const std::uint32_t bytes : {options.max_transfer_bytes, options.max_append_bytes}) {
    if (bytes == 0 || (bytes >= page_bytes && std::has_single_bit(bytes))) continue;
    return make_error(
        info, fmt::format("{} bytes cannot be a limit of NVMe: give a power of two from {} on", bytes, page_bytes));
  }
  return {};
}

std::vector<std::string> remarks_on(const DeviceInfo& info) {
  std::vector<std::string> remarks;
  if (!std::has_single_bit(info.zone_size_blocks)) {
    remarks.push_back(
        fmt::format("the zone size of {} is no power of two: Linux then makes no block device of the "
                    "namespace, only the character device ng*",
                    info.path));
  }
  return remarks;
}

}  // namespace

Result<NamespaceFacts> describe_namespace(const DeviceInfo& info, const NamespaceOptions& options) {
  const Status possible = check_options(info, options);
  if (!possible) return possible.error();
  NamespaceFacts facts;
  facts.block_size_bytes = info.block_size_bytes;
  facts.zone_size_blocks = info.zone_size_blocks;
  facts.zone_count = info.zone_count;
  // A last zone that is shorter than the others has their length here, and the capacity that it has.
  facts.size_blocks = std::uint64_t{info.zone_count} * info.zone_size_blocks;
  facts.resource_limits = info.resource_limits;
  facts.copy_limits = copy_limits_of(info, options.copy_limits);
  facts.read_only = options.read_only;
  facts.max_transfer_bytes = power_of_two(info.max_transfer_bytes, options.max_transfer_bytes);
  if (facts.max_transfer_bytes == 0 || facts.max_transfer_bytes < info.block_size_bytes) {
    return make_error(info, fmt::format("{} takes transfers of {} bytes only, fewer than NVMe can tell a host",
                                        info.path, info.max_transfer_bytes));
  }
  // A device without Zone Append, or one whose appends are tiny, is given one that writes.
  const std::uint32_t append_bytes =
      power_of_two(std::min(info.max_append_bytes, facts.max_transfer_bytes), options.max_append_bytes);
  facts.append_by_write = append_bytes == 0;
  facts.max_append_bytes =
      append_bytes != 0 ? append_bytes : power_of_two(facts.max_transfer_bytes, options.max_append_bytes);
  facts.remarks = remarks_on(info);
  return facts;
}

}  // namespace zonecopy::target
