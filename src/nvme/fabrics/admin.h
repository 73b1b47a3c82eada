// Numbers of the admin and fabrics commands that a target answers, under the standard's names (NVMe Base 2.0, 5 and 6).
// Pure.
#pragma once

#include <cstdint>

#include "src/nvme/command.h"
#include "src/nvme/status_code.h"

namespace zonecopy::nvme::fabrics {

enum class AdminOpcode : std::uint8_t {
  get_log_page = 0x02,
  identify = 0x06,
  abort = 0x08,
  set_features = 0x09,
  get_features = 0x0a,
  asynchronous_event_request = 0x0c,
  keep_alive = 0x18,
  fabrics = 0x7f,  ///< on every queue
};

/// FCTYPE of a fabrics command, byte 4 of the entry: the low byte of where NSID stands in others.
enum class FabricsType : std::uint8_t {
  property_set = 0x00,
  connect = 0x01,
  property_get = 0x04,
  authentication_send = 0x05,
  authentication_receive = 0x06,
  disconnect = 0x08,
};
[[nodiscard]] constexpr std::uint8_t fabrics_type(const Command& command) {
  return static_cast<std::uint8_t>(command.nsid & 0xffU);
}

/// Structures that Identify returns (CNS), beside those of src/nvme/identify.h.
inline constexpr std::uint8_t cns_active_namespaces = 0x02;
inline constexpr std::uint8_t cns_namespace_descriptors = 0x03;
inline constexpr std::uint8_t cns_command_set_active_namespaces = 0x07;
inline constexpr std::uint8_t cns_independent_namespace = 0x08;
inline constexpr std::uint8_t cns_controllers_of_namespace = 0x12;
inline constexpr std::uint8_t cns_controllers = 0x13;
inline constexpr std::uint8_t cns_command_set_combinations = 0x1c;

/// Log pages (LID).
inline constexpr std::uint8_t log_error_information = 0x01;
inline constexpr std::uint8_t log_health = 0x02;
inline constexpr std::uint8_t log_firmware_slots = 0x03;
inline constexpr std::uint8_t log_effects = 0x05;
inline constexpr std::uint8_t log_discovery = 0x70;
inline constexpr std::uint8_t log_statistics = 0xc0;  ///< of this target: statistics_log.h

inline constexpr std::uint32_t all_namespaces = 0xffff'ffff;

/// Status codes of queues, admin commands and Connect, beside those of I/O commands.
namespace status {
using namespace nvme::status;
inline constexpr StatusCode command_id_conflict = 0x003;
inline constexpr StatusCode data_transfer_error = 0x004;
inline constexpr StatusCode command_sequence_error = 0x00c;
inline constexpr StatusCode data_sgl_length_invalid = 0x00f;
inline constexpr StatusCode sgl_descriptor_type_invalid = 0x011;
inline constexpr StatusCode sgl_offset_invalid = 0x016;
inline constexpr StatusCode asynchronous_event_limit_exceeded = 0x105;
inline constexpr StatusCode invalid_log_page = 0x109;
inline constexpr StatusCode feature_not_saveable = 0x10d;
inline constexpr StatusCode feature_not_changeable = 0x10e;
inline constexpr StatusCode connect_incompatible_format = 0x180;
inline constexpr StatusCode connect_controller_busy = 0x181;
inline constexpr StatusCode connect_invalid_parameters = 0x182;
inline constexpr StatusCode connect_invalid_host = 0x184;
inline constexpr StatusCode invalid_queue_type = 0x185;
inline constexpr StatusCode authentication_required = 0x191;
}  // namespace status

}  // namespace zonecopy::nvme::fabrics
