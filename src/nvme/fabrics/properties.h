// Properties of a controller, which are its registers where there is a bus (NVMe Base 2.0, 3.1.3), and the commands that
// read and write them. Pure.
#pragma once

#include <cstdint>

#include "src/nvme/command.h"

namespace zonecopy::nvme::fabrics {

inline constexpr std::uint32_t property_capabilities = 0x00;   ///< CAP, 8 bytes
inline constexpr std::uint32_t property_version = 0x08;        ///< VS
inline constexpr std::uint32_t property_configuration = 0x14;  ///< CC
inline constexpr std::uint32_t property_status = 0x1c;         ///< CSTS

inline constexpr std::uint32_t version_2_0 = 0x0002'0000;

/// CAP. What is not named here is 0.
struct Capabilities {
  std::uint32_t queue_entries_max = 0;  ///< MQES + 1
  std::uint32_t ready_timeout_ms = 0;   ///< TO, which counts half seconds
  bool nvm_command_set = false;         ///< CSS bit 0
  bool several_command_sets = false;    ///< CSS bit 6: those that an I/O command set profile has
  bool no_io_command_set = false;       ///< CSS bit 7
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};
[[nodiscard]] std::uint64_t encode_capabilities(const Capabilities& capabilities);
[[nodiscard]] Capabilities decode_capabilities(std::uint64_t value);

/// CC.SHN.
enum class Shutdown : std::uint8_t { none = 0, normal = 1, abrupt = 2 };
inline constexpr std::uint8_t command_sets_nvm = 0;   ///< CC.CSS: the NVM command set alone
inline constexpr std::uint8_t command_sets_all = 6;   ///< CC.CSS: all that the controller has
inline constexpr std::uint8_t command_sets_none = 7;  ///< CC.CSS: admin commands only

/// CC.
struct Configuration {
  bool enabled = false;                     ///< EN
  std::uint8_t command_sets = 0;            ///< CSS
  std::uint8_t page_size_shift = 0;         ///< MPS: memory pages of 2^(12 + MPS) bytes
  std::uint8_t arbitration = 0;             ///< AMS
  std::uint8_t shutdown = 0;                ///< SHN
  std::uint8_t submission_entry_shift = 0;  ///< IOSQES
  std::uint8_t completion_entry_shift = 0;  ///< IOCQES
  friend bool operator==(const Configuration&, const Configuration&) = default;
};
[[nodiscard]] std::uint32_t encode_configuration(const Configuration& configuration);
[[nodiscard]] Configuration decode_configuration(std::uint32_t value);

/// CSTS.SHST.
enum class ShutdownStatus : std::uint8_t { none = 0, under_way = 1, complete = 2 };

/// CSTS.
struct ControllerStatus {
  bool ready = false;  ///< RDY
  bool fatal = false;  ///< CFS
  ShutdownStatus shutdown = ShutdownStatus::none;
  friend bool operator==(const ControllerStatus&, const ControllerStatus&) = default;
};
[[nodiscard]] std::uint32_t encode_status(const ControllerStatus& status);
[[nodiscard]] ControllerStatus decode_status(std::uint32_t value);

/// Property Get and Property Set (NVMe Base 2.0, 6.6 and 6.5).
struct PropertyAccess {
  std::uint32_t offset_bytes = 0;
  bool of_8_bytes = false;
  bool size_valid = true;   ///< ATTRIB names one of the two sizes
  std::uint64_t value = 0;  ///< of Property Set
};
[[nodiscard]] PropertyAccess decode_property_access(const Command& command);
[[nodiscard]] Command property_get(std::uint32_t offset_bytes, bool of_8_bytes);
[[nodiscard]] Command property_set(std::uint32_t offset_bytes, std::uint32_t value);

}  // namespace zonecopy::nvme::fabrics
