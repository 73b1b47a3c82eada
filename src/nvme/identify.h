// Decodes what Identify and Zone Management Receive return. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "zonecopy/result.h"
#include "zonecopy/zone.h"

namespace zonecopy::nvme {

inline constexpr std::size_t identify_size_bytes = 4096;
inline constexpr std::size_t zone_report_header_bytes = 64;
inline constexpr std::size_t zone_descriptor_bytes = 64;

/// CNS of Identify.
inline constexpr std::uint8_t cns_namespace = 0x00;
inline constexpr std::uint8_t cns_controller = 0x01;
inline constexpr std::uint8_t cns_command_set_namespace = 0x05;
inline constexpr std::uint8_t cns_command_set_controller = 0x06;
inline constexpr std::uint8_t command_set_nvm = 0x00;
inline constexpr std::uint8_t command_set_zoned = 0x02;

/// Identify Controller (CNS 01h).
struct Controller {
  std::uint8_t mdts = 0;  ///< log2 of the largest transfer in units of the smallest page (4 KiB taken); 0: no limit
  bool write_zeroes_supported = false;                     ///< ONCS bit 3
  bool copy_supported = false;                             ///< ONCS bit 8
  std::uint16_t copy_formats = 0;                          ///< OCFS
  bool volatile_write_cache = false;                       ///< VWC bit 0
  [[nodiscard]] std::uint64_t max_transfer_bytes() const;  ///< 0: no limit
};
[[nodiscard]] Controller decode_controller(std::span<const std::byte> data);

/// Identify Namespace (CNS 00h).
struct Namespace {
  std::uint64_t size_blocks = 0;       ///< NSZE
  std::uint32_t block_size_bytes = 0;  ///< of the LBA format in use
  std::uint16_t metadata_bytes = 0;    ///< of a block; data with metadata is not handled
  std::uint8_t format_index = 0;       ///< FLBAS, both parts of it
  std::uint16_t mssrl = 0;
  std::uint32_t mcl = 0;
  std::uint8_t msrc = 0;                         ///< 0-based
  bool write_protected = false;                  ///< NSATTR bit 0
  [[nodiscard]] CopyLimits copy_limits() const;  ///< all zero if MSSRL or MCL is 0
};
[[nodiscard]] Namespace decode_namespace(std::span<const std::byte> data);

/// Why the drive would refuse Copy commands within a namespace (CopyFormat::within); empty where they can be sent.
[[nodiscard]] std::string why_no_copy(const Controller& controller, const Namespace& space);

/// Why the drive would refuse Copy commands from `source` to `destination`, both namespaces of `controller`
/// (CopyFormat::across); empty where they can be sent, once the format is enabled. Command sets and metadata are not
/// looked at: this program opens zoned namespaces without metadata only, and such have no protection information.
[[nodiscard]] std::string why_no_copy_across(const Controller& controller, const Namespace& destination,
                                             const Namespace& source);
/// The limits of such a command. The standard has those of the destination alone; the length of a range is the source's
/// as well, since QEMU goes by that.
[[nodiscard]] CopyLimits copy_limits_across(const Namespace& destination, const Namespace& source);

/// Identify Namespace of the Zoned command set (CNS 05h, CSI 02h).
struct ZonedNamespace {
  bool variable_zone_capacity = false;  ///< ZOC bit 0
  bool read_across_zones = false;       ///< OZCS bit 0
  ResourceLimits limits;                ///< MOR and MAR, FFFFFFFFh as 0 (no limit), else one more than the field
  std::uint64_t zone_size_blocks = 0;   ///< ZSZE of the LBA format `format_index`
};
[[nodiscard]] ZonedNamespace decode_zoned_namespace(std::span<const std::byte> data, std::uint8_t format_index);

/// ZASL of Identify Controller of the Zoned command set (CNS 06h, CSI 02h), in the form of Controller::mdts. 0: MDTS is
/// the limit of Zone Append too.
[[nodiscard]] std::uint8_t decode_zasl(std::span<const std::byte> data);

/// WZSL of Identify Controller of the NVM command set (CNS 06h, CSI 00h), in the form of Controller::mdts. 0: it names
/// no limit of Write Zeroes.
[[nodiscard]] std::uint8_t decode_wzsl(std::span<const std::byte> data);
/// The largest range of one Write Zeroes that this program sends; 0 where the controller does not have the command.
[[nodiscard]] std::uint32_t write_zeroes_max_bytes(const Controller& controller, std::uint8_t wzsl);

/// Decodes the report of a Zone Management Receive command. Zones are numbered by their start and `zone_size_blocks`.
/// EIO for a report that contradicts the standard.
[[nodiscard]] Result<std::vector<Zone>> decode_zone_report(std::span<const std::byte> data,
                                                           std::uint64_t zone_size_blocks);

}  // namespace zonecopy::nvme
