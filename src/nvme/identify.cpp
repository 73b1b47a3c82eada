// Offsets are bytes within the 4096 that Identify returns. The names are those of the standards.
#include "src/nvme/identify.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "src/base/endian.h"
#include "src/nvme/copy_format.h"

namespace zonecopy::nvme {
namespace {

using Bytes = std::span<const std::byte>;

// Identify Controller (NVMe Base 2.0, figure "Identify Controller Data Structure").
constexpr std::size_t offset_mdts = 77;
constexpr std::size_t offset_oncs = 520;
constexpr std::size_t offset_vwc = 525;
constexpr std::size_t offset_ocfs = 534;
constexpr unsigned oncs_write_zeroes = 1U << 3;
constexpr unsigned oncs_copy = 1U << 8;
constexpr unsigned vwc_present = 1U << 0;

// Identify Namespace (NVM Command Set 1.1, 4.1.5.1).
constexpr std::size_t offset_nsze = 0;
constexpr std::size_t offset_flbas = 26;
constexpr std::size_t offset_mssrl = 74;
constexpr std::size_t offset_mcl = 76;
constexpr std::size_t offset_msrc = 80;
constexpr std::size_t offset_nsattr = 99;
constexpr std::size_t offset_lbaf = 128;
constexpr std::size_t lbaf_size_bytes = 4;
constexpr std::size_t offset_lbaf_ms = 0;
constexpr std::size_t offset_lbaf_lbads = 2;
constexpr unsigned nsattr_write_protected = 1U << 0;
constexpr unsigned lbads_max = 31;  // the largest block size that fits into 32 bits

// Identify Namespace of the Zoned command set (ZNS 1.1, 4.1.5.1).
constexpr std::size_t offset_zoc = 0;
constexpr std::size_t offset_ozcs = 2;
constexpr std::size_t offset_mar = 4;
constexpr std::size_t offset_mor = 8;
constexpr std::size_t offset_lbafe = 2816;
constexpr std::size_t lbafe_size_bytes = 16;
constexpr unsigned zoc_variable_zone_capacity = 1U << 0;
constexpr unsigned ozcs_read_across_zones = 1U << 0;

// Identify Controller of the NVM command set (NVM Command Set 1.0, 4.1.5.4), and of the zoned one (ZNS 1.1, 4.1.5.2).
constexpr std::size_t offset_wzsl = 1;
constexpr std::size_t offset_zasl = 0;

constexpr unsigned page_size_shift = 12;
// A drive may write zeros as slowly as data, and every other command to the zone waits meanwhile.
constexpr std::uint32_t zeroes_max_bytes = 32U << 20;

/// FLBAS: bits 3:0 are the lower part of the index, bits 6:5 the upper part, which is used with more than 16 formats.
std::uint8_t format_index_of(std::uint8_t flbas) {
  return static_cast<std::uint8_t>((flbas & 0x0fU) | (flbas >> 5 & 0x03U) << 4);
}

/// LBADS is the exponent. 0 marks a format that does not exist; one above `lbads_max` is not supported.
std::uint32_t block_size_of(std::uint8_t lbads) { return lbads == 0 || lbads > lbads_max ? 0 : 1U << lbads; }

/// MDTS, ZASL and WZSL are exponents: so many smallest pages. 0, which is also the result for more than all memory, is no
/// limit.
std::uint64_t size_of_pages(std::uint8_t exponent) {
  if (exponent == 0 || exponent + page_size_shift >= 64) return 0;
  return std::uint64_t{1} << (exponent + page_size_shift);
}

/// MAR and MOR are 0-based: one less than the limit. All ones mean that there is no limit.
std::uint32_t resource_limit(std::uint32_t field) {
  return field == std::numeric_limits<std::uint32_t>::max() ? 0 : field + 1;
}

std::string why_no_format(const Controller& controller, CopyFormat format) {
  if (!controller.copy_supported) return "the controller does not have the Copy command (ONCS)";
  if (has_format(controller.copy_formats, format)) return {};
  return fmt::format("the controller takes no source ranges of format {} (OCFS {:#x})", static_cast<unsigned>(format),
                     controller.copy_formats);
}

std::string why_no_limits(const Namespace& space) {
  if (space.copy_limits().available()) return {};
  return fmt::format("the namespace announces limits that leave no Copy (MSSRL {}, MCL {}, MSRC {})", space.mssrl,
                     space.mcl, space.msrc);
}

}  // namespace

std::uint64_t Controller::max_transfer_bytes() const { return size_of_pages(mdts); }

Controller decode_controller(Bytes data) {
  Controller controller;
  controller.mdts = little_endian<std::uint8_t>(data, offset_mdts);
  const auto oncs = little_endian<std::uint16_t>(data, offset_oncs);
  controller.write_zeroes_supported = (oncs & oncs_write_zeroes) != 0;
  controller.copy_supported = (oncs & oncs_copy) != 0;
  controller.copy_formats = little_endian<std::uint16_t>(data, offset_ocfs);
  controller.volatile_write_cache = (little_endian<std::uint8_t>(data, offset_vwc) & vwc_present) != 0;
  return controller;
}

CopyLimits Namespace::copy_limits() const {
  if (mssrl == 0 || mcl == 0) return {};
  return CopyLimits{.max_ranges = msrc + 1U, .max_range_blocks = mssrl, .max_total_blocks = mcl};
}

Namespace decode_namespace(Bytes data) {
  Namespace space;
  space.size_blocks = little_endian<std::uint64_t>(data, offset_nsze);
  space.format_index = format_index_of(little_endian<std::uint8_t>(data, offset_flbas));
  const std::size_t format = offset_lbaf + space.format_index * lbaf_size_bytes;
  space.block_size_bytes = block_size_of(little_endian<std::uint8_t>(data, format + offset_lbaf_lbads));
  space.metadata_bytes = little_endian<std::uint16_t>(data, format + offset_lbaf_ms);
  space.mssrl = little_endian<std::uint16_t>(data, offset_mssrl);
  space.mcl = little_endian<std::uint32_t>(data, offset_mcl);
  space.msrc = little_endian<std::uint8_t>(data, offset_msrc);
  space.write_protected = (little_endian<std::uint8_t>(data, offset_nsattr) & nsattr_write_protected) != 0;
  return space;
}

std::string why_no_copy(const Controller& controller, const Namespace& space) {
  std::string why = why_no_format(controller, CopyFormat::within);
  return why.empty() ? why_no_limits(space) : why;
}

std::string why_no_copy_across(const Controller& controller, const Namespace& destination, const Namespace& source) {
  std::string why = why_no_format(controller, CopyFormat::across);
  if (!why.empty()) return why;
  if (destination.block_size_bytes != source.block_size_bytes) {
    return fmt::format("the namespaces have blocks of {} and {} bytes", source.block_size_bytes,
                       destination.block_size_bytes);
  }
  if (source.mssrl == 0) return "the namespace of the source announces ranges of no length (MSSRL 0)";
  return why_no_limits(destination);
}

CopyLimits copy_limits_across(const Namespace& destination, const Namespace& source) {
  if (source.mssrl == 0) return {};
  CopyLimits limits = destination.copy_limits();
  limits.max_range_blocks = std::min<std::uint32_t>(limits.max_range_blocks, source.mssrl);
  return limits;
}

ZonedNamespace decode_zoned_namespace(Bytes data, std::uint8_t format_index) {
  ZonedNamespace space;
  space.variable_zone_capacity = (little_endian<std::uint16_t>(data, offset_zoc) & zoc_variable_zone_capacity) != 0;
  space.read_across_zones = (little_endian<std::uint16_t>(data, offset_ozcs) & ozcs_read_across_zones) != 0;
  space.limits.max_open_zones = resource_limit(little_endian<std::uint32_t>(data, offset_mor));
  space.limits.max_active_zones = resource_limit(little_endian<std::uint32_t>(data, offset_mar));
  space.zone_size_blocks = little_endian<std::uint64_t>(data, offset_lbafe + format_index * lbafe_size_bytes);
  return space;
}

std::uint8_t decode_zasl(Bytes data) { return little_endian<std::uint8_t>(data, offset_zasl); }

std::uint8_t decode_wzsl(Bytes data) { return little_endian<std::uint8_t>(data, offset_wzsl); }

std::uint32_t write_zeroes_max_bytes(const Controller& controller, std::uint8_t wzsl) {
  if (!controller.write_zeroes_supported) return 0;
  // MDTS is about data that is transferred. Yet drives from before WZSL may take no longer command than that, and Linux
  // sends none.
  const std::uint64_t limit_bytes = wzsl == 0 ? controller.max_transfer_bytes() : size_of_pages(wzsl);
  if (limit_bytes == 0) return zeroes_max_bytes;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(limit_bytes, zeroes_max_bytes));
}

}  // namespace zonecopy::nvme
