#include "src/device/namespace/namespace_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace zonecopy::nvme {
namespace {

Error make_error(const std::string& path, std::string detail) {
  Error error(EOPNOTSUPP, "open", std::move(detail));
  return error.on_device(path);
}

/// Why this program cannot use the namespace; success where it can.
Status check_usable(const std::string& path, const Namespace& space, const ZonedNamespace& zoned) {
  if (zoned.zone_size_blocks == 0) {
    return make_error(path, "this namespace is not zoned; zonecopyfs needs a ZNS namespace");
  }
  if (space.block_size_bytes < 512 || space.block_size_bytes > page_bytes) {
    return make_error(
        path, fmt::format("blocks of {} bytes are not supported, those of 512 to 4096 are", space.block_size_bytes));
  }
  if (space.size_blocks / zoned.zone_size_blocks > std::numeric_limits<std::int32_t>::max()) {
    return make_error(path, "the namespace has more zones than can be numbered");
  }
  if (space.metadata_bytes != 0) {
    return make_error(
        path, fmt::format("its blocks carry {} bytes of metadata; format the namespace without", space.metadata_bytes));
  }
  return {};
}

Target target_of(std::uint32_t nsid, const IdentifyAnswers& answers, const NamespaceFacts& facts,
                 const ZonedNamespace& zoned, std::uint64_t limit_bytes) {
  const std::uint8_t zasl = decode_zasl(answers.zoned_controller);
  Target target;
  target.nsid = nsid;
  target.block_size_bytes = facts.space.block_size_bytes;
  target.zone_size_blocks = zoned.zone_size_blocks;
  target.size_blocks = facts.space.size_blocks / zoned.zone_size_blocks * zoned.zone_size_blocks;
  target.command_max_bytes = command_limit_bytes(facts.controller, limit_bytes);
  const std::uint64_t append_bytes =
      zasl == 0 ? target.command_max_bytes : std::uint64_t{page_bytes} << std::min<int>(zasl, 20);
  target.append_max_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(append_bytes, target.command_max_bytes));
  target.zeroes_max_bytes = write_zeroes_max_bytes(facts.controller, decode_wzsl(answers.nvm_controller));
  return target;
}

DeviceInfo info_of(const std::string& path, const NamespaceFacts& facts, const ZonedNamespace& zoned) {
  DeviceInfo info;
  info.path = path;
  info.kind = DeviceKind::nvme;
  info.block_size_bytes = facts.space.block_size_bytes;
  info.zone_size_blocks = zoned.zone_size_blocks;
  info.zone_count = static_cast<std::uint32_t>(facts.target.size_blocks / zoned.zone_size_blocks);
  info.capacity_blocks = facts.target.size_blocks;
  info.max_transfer_bytes = transfer_max_bytes;
  info.max_append_bytes = facts.target.append_max_bytes;
  info.resource_limits = zoned.limits;
  info.copy_unavailable = why_no_copy(facts.controller, facts.space);
  if (!info.copy_unavailable.empty()) return info;
  info.copy_limits = facts.space.copy_limits();
  info.copy_mechanism = "NVMe Copy";
  return info;
}

}  // namespace

std::uint32_t command_limit_bytes(const Controller& controller, std::uint64_t limit_bytes) {
  const std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t by_drive = controller.mdts == 0 ? none : controller.max_transfer_bytes();
  const std::uint64_t limit = std::min({by_drive, limit_bytes, std::uint64_t{transfer_max_bytes}});
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(limit / page_bytes, 1) * page_bytes);
}

Result<NamespaceFacts> describe_namespace(const std::string& path, std::uint32_t nsid, const IdentifyAnswers& answers,
                                          std::uint64_t limit_bytes) {
  NamespaceFacts facts;
  facts.controller = decode_controller(answers.controller);
  facts.space = decode_namespace(answers.space);
  const ZonedNamespace zoned = answers.zoned_space.empty()
                                   ? ZonedNamespace()
                                   : decode_zoned_namespace(answers.zoned_space, facts.space.format_index);
  const Status usable = check_usable(path, facts.space, zoned);
  if (!usable) return usable.error();
  facts.target = target_of(nsid, answers, facts, zoned, limit_bytes);
  facts.info = info_of(path, facts, zoned);
  return facts;
}

}  // namespace zonecopy::nvme
