// Where the fields of PDUs are (NVMe/TCP transport specification 1.0, 3.6.2). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "src/nvme/fabrics/pdu.h"

namespace zonecopy::nvme::fabrics::layout {

inline constexpr std::size_t type = 0;
inline constexpr std::size_t flags = 1;
inline constexpr std::size_t header_length = 2;
inline constexpr std::size_t data_offset = 3;
inline constexpr std::size_t total_length = 4;

inline constexpr unsigned flag_header_digest = 1U << 0;
inline constexpr unsigned flag_data_digest = 1U << 1;
inline constexpr unsigned flag_last = 1U << 2;
inline constexpr unsigned flag_success = 1U << 3;

// ICReq and ICResp.
inline constexpr std::size_t format_version = 8;
inline constexpr std::size_t alignment = 10;
inline constexpr std::size_t digests = 11;
inline constexpr std::size_t max_r2t = 12;
inline constexpr std::size_t data_max = 12;
inline constexpr unsigned digest_header_bit = 1U << 0;
inline constexpr unsigned digest_data_bit = 1U << 1;
inline constexpr std::uint8_t alignment_max = 31;

// Termination.
inline constexpr std::size_t fatal_status = 8;
inline constexpr std::size_t fatal_information = 10;

// Capsules.
inline constexpr std::size_t entry = 8;

// H2CData, C2HData, R2T.
inline constexpr std::size_t command_id = 8;
inline constexpr std::size_t transfer_tag = 10;
inline constexpr std::size_t offset = 12;
inline constexpr std::size_t length = 16;

/// What is fixed for a type of PDU.
struct Shape {
  std::uint8_t header_bytes = 0;
  Side sender = Side::host;
  bool digests = false;    ///< has digests where they were agreed on
  bool may_carry = false;  ///< data may follow
};
/// Nothing for a type that does not exist.
[[nodiscard]] constexpr std::optional<Shape> shape_of(PduType of) {
  switch (of) {
    case PduType::ic_request: return Shape{128, Side::host, false, false};
    case PduType::ic_response: return Shape{128, Side::controller, false, false};
    case PduType::host_termination: return Shape{24, Side::host, false, true};
    case PduType::controller_termination: return Shape{24, Side::controller, false, true};
    case PduType::command: return Shape{72, Side::host, true, true};
    case PduType::response: return Shape{24, Side::controller, true, false};
    case PduType::host_data: return Shape{24, Side::host, true, true};
    case PduType::controller_data: return Shape{24, Side::controller, true, true};
    case PduType::ready_to_transfer: return Shape{24, Side::controller, true, false};
  }
  return std::nullopt;
}

}  // namespace zonecopy::nvme::fabrics::layout
