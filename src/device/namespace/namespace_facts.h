// What is known of a namespace once Identify has answered, and whether this program can use it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "src/nvme/identify.h"
#include "src/nvme/target.h"
#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy::nvme {

/// The largest read or write of one call, which may be several commands.
inline constexpr std::uint32_t transfer_max_bytes = 1U << 20;
/// The size of a page, in which controllers count (the smallest of CAP.MPSMIN is taken), and the largest block.
inline constexpr std::uint32_t page_bytes = 4096;

/// What Identify has answered. Each but the first two is empty where the controller refused it.
struct IdentifyAnswers {
  std::span<const std::byte> controller;        ///< CNS 01h
  std::span<const std::byte> space;             ///< CNS 00h
  std::span<const std::byte> zoned_space;       ///< CNS 05h, the zoned command set
  std::span<const std::byte> zoned_controller;  ///< CNS 06h, the zoned command set
  std::span<const std::byte> nvm_controller;    ///< CNS 06h, the NVM command set
};

struct NamespaceFacts {
  Target target;
  Controller controller;
  Namespace space;
  DeviceInfo info;
};

/// The largest data of one command that the controller and this program take. `limit_bytes` is that of whatever carries
/// the command.
[[nodiscard]] std::uint32_t command_limit_bytes(const Controller& controller, std::uint64_t limit_bytes);

/// `path` is the name of the device. EOPNOTSUPP where this program cannot use the namespace; the detail says why.
[[nodiscard]] Result<NamespaceFacts> describe_namespace(const std::string& path, std::uint32_t nsid,
                                                        const IdentifyAnswers& answers, std::uint64_t limit_bytes);

}  // namespace zonecopy::nvme
