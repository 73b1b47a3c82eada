// What a target tells in answer to Identify: the reverse of src/nvme/identify.h, and the structures that only fabrics
// have. Pure.
//
// Each encode function fills identify_size_bytes, which are zeros before: 0 is "not supported" or "not reported" in nearly
// all fields.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/nvme/identify.h"
#include "zonecopy/zone.h"

namespace zonecopy::nvme::fabrics {

/// CNTRLTYPE.
enum class ControllerType : std::uint8_t { io = 1, discovery = 2 };

/// Identify Controller (CNS 01h; NVMe Base 2.0, figure 275).
struct ControllerIdentity {
  ControllerType type = ControllerType::io;
  std::uint16_t controller_id = 0;          ///< CNTLID
  std::string serial_number;                ///< SN, 20 characters
  std::string model;                        ///< MN, 40
  std::string firmware;                     ///< FR, 8
  std::string subsystem_nqn;                ///< SUBNQN
  std::uint32_t max_transfer_bytes = 0;     ///< MDTS: a power of two of at least 4096; 0: no limit
  std::uint16_t max_commands = 0;           ///< MAXCMD, of an I/O queue
  std::uint32_t namespaces = 0;             ///< NN: the largest NSID
  std::uint16_t optional_commands = 0;      ///< ONCS
  std::uint16_t copy_formats = 0;           ///< OCFS
  std::uint16_t keep_alive_unit_100ms = 0;  ///< KAS
  std::uint32_t in_capsule_data_bytes = 0;  ///< IOCCSZ, without the entry
  std::uint8_t asynchronous_events = 1;     ///< AERL + 1
  std::uint16_t quiesce_time_ms = 0;        ///< CQT (NVMe Base 2.1)
  bool volatile_write_cache = false;        ///< VWC; flushes of all namespaces at once are supported
  bool several_controllers = false;         ///< CMIC: one host may have several paths to the subsystem
};
void encode_identity(const ControllerIdentity& identity, std::span<std::byte> data);

// Bits of ONCS.
inline constexpr std::uint16_t oncs_compare = 1U << 0;
inline constexpr std::uint16_t oncs_dataset_management = 1U << 2;
inline constexpr std::uint16_t oncs_write_zeroes = 1U << 3;
inline constexpr std::uint16_t oncs_verify = 1U << 7;
inline constexpr std::uint16_t oncs_copy = 1U << 8;
/// All of a Copy is one write for what is said of atomic writes; a controller with format 2 has to have it.
inline constexpr std::uint16_t oncs_copy_atomicity = 1U << 9;

/// The fields of Identify Namespace (CNS 00h), of that of the zoned command set (CNS 05h, CSI 02h), and of the one that no
/// command set has a part in (CNS 08h).
struct NamespaceIdentity {
  std::uint64_t size_blocks = 0;  ///< NSZE, NCAP and NUSE
  std::uint32_t block_size_bytes = 0;
  std::uint64_t zone_size_blocks = 0;
  ResourceLimits resource_limits;   ///< MAR and MOR
  CopyLimits copy_limits;           ///< MSSRL, MCL, MSRC
  bool reads_across_zones = false;  ///< OZCS
  bool write_protected = false;     ///< NSATTR
  bool shared = false;              ///< NMIC: one host may reach it by several controllers
  std::array<std::byte, 16> nguid{};
};
void encode_identity(const NamespaceIdentity& identity, std::span<std::byte> data);
void encode_zoned_identity(const NamespaceIdentity& identity, std::span<std::byte> data);
void encode_independent_identity(const NamespaceIdentity& identity, std::span<std::byte> data);

/// ZASL (CNS 06h, CSI 02h). `max_append_bytes` is a power of two of at least 4096; 0: MDTS is the limit.
void encode_zasl(std::uint32_t max_append_bytes, std::span<std::byte> data);
/// WZSL (CNS 06h, CSI 00h), in the same form.
void encode_wzsl(std::uint32_t max_write_zeroes_bytes, std::span<std::byte> data);

/// NSIDs above `after`, in ascending order (CNS 02h and 07h). `nsids` are in this order.
void encode_namespace_list(std::span<const std::uint32_t> nsids, std::uint32_t after, std::span<std::byte> data);
[[nodiscard]] std::vector<std::uint32_t> decode_namespace_list(std::span<const std::byte> data);

/// Controller identifiers from `from` on (CNS 12h and 13h).
void encode_controller_list(std::span<const std::uint16_t> controllers, std::uint16_t from, std::span<std::byte> data);

/// What names a namespace wherever it is seen (CNS 03h).
struct NamespaceDescriptors {
  std::optional<std::array<std::byte, 16>> nguid;
  std::optional<std::array<std::byte, 16>> uuid;
  std::optional<std::uint8_t> command_set;  ///< CSI
  friend bool operator==(const NamespaceDescriptors&, const NamespaceDescriptors&) = default;
};
void encode_descriptors(const NamespaceDescriptors& descriptors, std::span<std::byte> data);
/// Descriptors of other types are skipped.
[[nodiscard]] NamespaceDescriptors decode_descriptors(std::span<const std::byte> data);

/// The one combination of command sets, NVM and zoned (CNS 1Ch).
void encode_command_set_combination(std::span<std::byte> data);

/// The facts of Identify Controller that only a host over fabrics needs.
struct FabricsController {
  std::uint16_t controller_id = 0;
  std::string subsystem_nqn;
  std::string model;
  std::uint32_t namespaces = 0;
  std::uint16_t max_commands = 0;
  std::uint16_t keep_alive_unit_100ms = 0;
  std::uint32_t capsule_bytes = 0;              ///< IOCCSZ
  std::uint32_t response_capsule_bytes = 0;     ///< IORCSZ
  std::uint32_t capsule_data_offset_bytes = 0;  ///< ICDOFF
  std::uint32_t sgl_support = 0;                ///< SGLS
  std::uint16_t quiesce_time_ms = 0;            ///< CQT
  std::uint8_t type = 0;                        ///< CNTRLTYPE
};
[[nodiscard]] FabricsController decode_fabrics_controller(std::span<const std::byte> data);

}  // namespace zonecopy::nvme::fabrics
