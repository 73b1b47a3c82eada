// A controller that answers Get Features and Set Features of feature 16h, and refuses when it is told to.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "src/device/nvme/controller.h"
#include "src/nvme/host_behavior.h"

namespace zonecopy::nvme {

struct FakeController {
  std::array<std::byte, host_behavior_size_bytes> host_behavior{};
  std::int32_t get_result = 0;
  std::int32_t set_result = 0;
  bool keeps = true;  ///< what is set
  std::string log;    ///< 'g' and 's' of each command that was carried out, in capitals if refused

  FakeController() { host_behavior[2] = std::byte{1}; }  // LBAFEE, as Linux sets it

  std::int32_t carry_out(const Command& command) {
    const bool get = command.opcode == static_cast<std::uint8_t>(Opcode::get_features);
    const std::int32_t result = get ? get_result : set_result;
    log += get ? (result == 0 ? 'g' : 'G') : (result == 0 ? 's' : 'S');
    if (result != 0 || command.cdw10 != feature_host_behavior || command.data_len != host_behavior.size()) {
      return result != 0 ? result : 0x4002;
    }
    auto* const data = reinterpret_cast<std::byte*>(command.addr);
    if (get) std::copy(host_behavior.begin(), host_behavior.end(), data);
    if (!get && keeps) std::copy(data, data + host_behavior.size(), host_behavior.begin());
    return 0;
  }
  [[nodiscard]] AdminQueue queue() {
    return [this](const Command& command) { return carry_out(command); };
  }

  [[nodiscard]] bool enabled() const { return copy_format_enabled(host_behavior, CopyFormat::across); }
  void set_enabled(bool enabled) { enable_copy_format(host_behavior, CopyFormat::across, enabled); }
  /// Linux writes the whole feature anew.
  void reset() {
    host_behavior = {};
    host_behavior[2] = std::byte{1};
  }
  /// The commands since the last call.
  std::string taken() { return std::exchange(log, {}); }
};

}  // namespace zonecopy::nvme
