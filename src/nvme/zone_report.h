// Encodes the report of Zone Management Receive (ZNS 1.1, 3.4.2), as a controller gives it. identify.h has the decoder.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "src/nvme/identify.h"
#include "zonecopy/zone.h"

namespace zonecopy::nvme {

/// The descriptors that `length_bytes` of a report have room for.
[[nodiscard]] constexpr std::uint64_t zone_descriptors_in(std::uint64_t length_bytes) {
  return length_bytes < zone_report_header_bytes ? 0
                                                 : (length_bytes - zone_report_header_bytes) / zone_descriptor_bytes;
}

/// Puts the header, or as much of it as there is room for, at the start of `report`.
void encode_zone_report_header(std::span<std::byte> report, std::uint64_t zone_count);
/// Puts the descriptor of a sequential zone, counted from 0, behind the header. There must be room. A write pointer that
/// is not valid is all ones.
void encode_zone_descriptor(std::span<std::byte> report, std::uint64_t number, const Zone& zone);

/// Whether a zone in `condition` is among those that ZRASF asks for. False for values that are reserved.
[[nodiscard]] bool zone_report_filter_matches(std::uint8_t filter, ZoneCondition condition);
/// Whether ZRASF has a value that the standard knows.
[[nodiscard]] bool zone_report_filter_known(std::uint8_t filter);

}  // namespace zonecopy::nvme
