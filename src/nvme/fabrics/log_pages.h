// Get Log Page (NVMe Base 2.0, 5.16), and the logs that a target has beside those of discovery.h and statistics_log.h.
// Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "src/nvme/command.h"

namespace zonecopy::nvme::fabrics {

struct LogRequest {
  std::uint8_t log = 0;            ///< LID
  std::uint8_t command_set = 0;    ///< CSI
  std::uint64_t length_bytes = 0;  ///< (NUMD + 1) * 4
  std::uint64_t offset_bytes = 0;  ///< LPO
  bool offset_is_index = false;    ///< OT: not supported here
};
[[nodiscard]] LogRequest decode_log_request(const Command& command);
/// A Get Log Page command; `length_bytes` is a multiple of 4.
[[nodiscard]] Command get_log_page(std::uint8_t log, std::uint8_t command_set, std::uint32_t length_bytes,
                                   std::uint64_t offset_bytes);

inline constexpr std::size_t effects_log_bytes = 4096;
inline constexpr std::size_t health_log_bytes = 512;
inline constexpr std::size_t error_log_bytes = 64;  ///< of one entry, which is all that there are
inline constexpr std::size_t firmware_log_bytes = 512;

/// What a command does, as the log of commands and effects tells it (LID 05h).
struct CommandEffects {
  bool supported = false;        ///< CSUPP
  bool changes_content = false;  ///< LBCC
};
/// The effects of all commands, by opcode.
struct EffectsLog {
  std::array<CommandEffects, 256> admin{};
  std::array<CommandEffects, 256> io{};
};
void encode_effects_log(const EffectsLog& log, std::span<std::byte> data);
[[nodiscard]] EffectsLog decode_effects_log(std::span<const std::byte> data);

/// What SMART / health information (LID 02h) tells of a target, which has neither wear nor a temperature of its own.
struct Health {
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t read_commands = 0;
  std::uint64_t write_commands = 0;
  std::uint64_t power_on_hours = 0;
};
void encode_health_log(const Health& health, std::span<std::byte> data);

/// One slot, which is active (LID 03h).
void encode_firmware_log(std::string_view revision, std::span<std::byte> data);

}  // namespace zonecopy::nvme::fabrics
