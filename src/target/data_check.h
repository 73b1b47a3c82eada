// Whether a command's SGL fits the data that the command implies (NVMe Base 2.0, 4.1.2; NVMe/TCP 1.0, 3.3.2). Pure.
#pragma once

#include <cstdint>

#include "src/nvme/fabrics/queue_entry.h"
#include "src/target/namespace.h"

namespace zonecopy::target {

/// How the data of a command moves.
enum class DataPath : std::uint8_t {
  none,
  in_capsule,  ///< it came with the command
  asked_for,   ///< the host sends it when it is told to (R2T)
  returned,    ///< to the host
};

struct DataPlan {
  nvme::StatusCode status = 0;  ///< not 0: why the command is refused
  DataPath path = DataPath::none;
};

/// `transfer` is what the command implies, `capsule_bytes` how much data has come in its capsule.
[[nodiscard]] DataPlan check_data(const nvme::fabrics::SubmissionEntry& entry, const Transfer& transfer,
                                  std::uint32_t capsule_bytes);

}  // namespace zonecopy::target
