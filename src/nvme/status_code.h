// NVMe status codes by name (NVMe Base 2.0, "Status Code"; NVM Command Set 1.1; ZNS 1.1). Pure.
#pragma once

#include <cstdint>

namespace zonecopy::nvme {

/// SCT<<8|SC of a completion, without the DNR, More and CRD bits.
using StatusCode = std::uint16_t;

namespace status {

inline constexpr StatusCode success = 0x000;
inline constexpr StatusCode invalid_opcode = 0x001;
inline constexpr StatusCode invalid_field = 0x002;
inline constexpr StatusCode internal_error = 0x006;
inline constexpr StatusCode abort_requested = 0x007;
inline constexpr StatusCode invalid_namespace_or_format = 0x00b;
inline constexpr StatusCode namespace_write_protected = 0x020;
inline constexpr StatusCode lba_out_of_range = 0x080;
inline constexpr StatusCode capacity_exceeded = 0x081;
inline constexpr StatusCode command_size_limit_exceeded = 0x183;
inline constexpr StatusCode incompatible_namespace_or_format = 0x185;
inline constexpr StatusCode fast_copy_not_possible = 0x186;
inline constexpr StatusCode overlapping_range = 0x187;
inline constexpr StatusCode zone_boundary = 0x1b8;
inline constexpr StatusCode zone_full = 0x1b9;
inline constexpr StatusCode zone_read_only = 0x1ba;
inline constexpr StatusCode zone_offline = 0x1bb;
inline constexpr StatusCode zone_invalid_write = 0x1bc;
inline constexpr StatusCode too_many_active_zones = 0x1bd;
inline constexpr StatusCode too_many_open_zones = 0x1be;
inline constexpr StatusCode invalid_zone_transition = 0x1bf;
inline constexpr StatusCode write_fault = 0x280;
inline constexpr StatusCode unrecovered_read_error = 0x281;

}  // namespace status

}  // namespace zonecopy::nvme
