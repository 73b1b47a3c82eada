// Admin commands: what a controller tells of itself and of its namespaces, and what a host sets.
#pragma once

#include <cstddef>
#include <span>

#include "src/nvme/command.h"
#include "src/target/controller.h"
#include "src/target/outcome.h"
#include "src/target/subsystem.h"

namespace zonecopy::target {

/// The data of an admin command, other than one of fabrics, or why it is refused.
[[nodiscard]] Transfer admin_transfer_of(const nvme::Command& command, const Controller& controller,
                                         std::uint32_t max_transfer_bytes);

/// Carries out a command that admin_transfer_of() accepts. `data` is zeros, or what the host has sent. Asynchronous Event
/// Request is not for this: it is held by the queue.
[[nodiscard]] Outcome carry_out_admin(const nvme::Command& command, std::span<std::byte> data, Controller& controller,
                                      const Subsystem& subsystem);

// Its parts.
[[nodiscard]] Outcome identify(const nvme::Command& command, std::span<std::byte> data, const Controller& controller,
                               const Subsystem& subsystem);
[[nodiscard]] Outcome get_log_page(const nvme::Command& command, std::span<std::byte> data,
                                   const Controller& controller, const Subsystem& subsystem);
[[nodiscard]] Outcome get_feature(const nvme::Command& command, std::span<std::byte> data,
                                  const Controller& controller);
[[nodiscard]] Outcome set_feature(const nvme::Command& command, std::span<const std::byte> data,
                                  Controller& controller);
/// Bytes of data that a feature's value has, beside what the command itself holds.
[[nodiscard]] std::uint32_t feature_data_bytes(const nvme::Command& command);

}  // namespace zonecopy::target
