// The Connect command: who may come in, as which queue of which controller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "src/nvme/command.h"
#include "src/target/controller.h"
#include "src/target/subsystem.h"

namespace zonecopy::target {

/// What a Connect has come to.
struct ConnectOutcome {
  Outcome outcome;
  Controller* controller = nullptr;  ///< null where it is refused
  nvme::fabrics::ConnectParameters parameters;
};

/// Carries out a Connect with its data. `queue` becomes a queue of the controller; it has to be detached, and that of the
/// admin queue has to end the controller.
Task<ConnectOutcome> connect(nvme::Command command, std::span<const std::byte> data, Subsystem& subsystem,
                             QueueHandle& queue);

}  // namespace zonecopy::target
