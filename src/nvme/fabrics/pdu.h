// The PDUs of NVMe/TCP as bytes (NVMe/TCP transport specification 1.0, 3.6.2), in both directions. Pure.
//
// A PDU is a header, its digest, padding, data and the digest of the data, of which only the header is always there.
// Decoding checks each field that the specification lets the other side choose, since it may be broken or hostile. What
// it answers is a FatalError: the connection ends with a termination PDU that carries it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "src/nvme/fabrics/queue_entry.h"

namespace zonecopy::nvme::fabrics {

enum class PduType : std::uint8_t {
  ic_request = 0x00,
  ic_response = 0x01,
  host_termination = 0x02,
  controller_termination = 0x03,
  command = 0x04,
  response = 0x05,
  host_data = 0x06,
  controller_data = 0x07,
  ready_to_transfer = 0x09,
};

/// Who sends a PDU.
enum class Side : std::uint8_t { host, controller };

struct Digests {
  bool header = false;
  bool data = false;
  friend bool operator==(const Digests&, const Digests&) = default;
};

/// What both sides have agreed on about the PDUs that one of them sends.
struct PduFormat {
  Digests digests;
  /// Data begins at a multiple of this: (HPDA + 1) * 4 of what the host receives, (CPDA + 1) * 4 of what it sends.
  std::uint32_t data_alignment_bytes = 4;
};

/// Fatal Error Status of a termination PDU.
enum class FatalStatus : std::uint16_t {
  invalid_header_field = 0x01,
  sequence_error = 0x02,
  header_digest_error = 0x03,
  data_out_of_range = 0x04,
  limit_exceeded = 0x05,  ///< more R2Ts, or more data in a PDU, than was agreed on
  unsupported_parameter = 0x06,
};
[[nodiscard]] std::string_view to_string(FatalStatus status);

struct FatalError {
  FatalStatus status = FatalStatus::invalid_header_field;
  /// Fatal Error Information: the offset of the field in the header, or the digest that was received.
  std::uint32_t information = 0;
  friend bool operator==(const FatalError&, const FatalError&) = default;
};

inline constexpr std::size_t common_header_bytes = 8;
inline constexpr std::size_t header_max_bytes = 128;
inline constexpr std::size_t data_offset_max_bytes = 255;  // PDO is one byte

/// The common header, which each PDU begins with.
struct PduHeader {
  PduType type = PduType::ic_request;
  bool last = false;                                ///< LAST_PDU: the data of the R2T, or of the command, ends with it
  bool success = false;                             ///< SUCCESS: the command ended well, and there is no response PDU
  std::uint8_t header_bytes = 0;                    ///< HLEN, the common header included
  std::uint8_t data_offset_bytes = 0;               ///< PDO, from the start of the PDU; 0 where there is no data
  std::uint32_t data_bytes = 0;                     ///< without its digest
  bool header_digest = false;                       ///< follows the header
  bool data_digest = false;                         ///< follows the data
  [[nodiscard]] std::uint32_t total_bytes() const;  ///< PLEN
};

/// `bytes` come from `sender`, after both have agreed on `format`, which is that of the sender.
[[nodiscard]] std::variant<PduHeader, FatalError> decode_header(std::span<const std::byte, common_header_bytes> bytes,
                                                                Side sender, const PduFormat& format);

/// ICReq, the first PDU of a connection.
struct IcRequest {
  std::uint8_t host_alignment = 0;  ///< HPDA: data for the host begins at a multiple of (HPDA + 1) * 4
  Digests digests;
  std::uint32_t max_r2t = 1;  ///< of one command at once; 0-based on the wire
};
/// ICResp, the answer to it.
struct IcResponse {
  std::uint8_t controller_alignment = 0;  ///< CPDA, in the form of HPDA
  Digests digests;
  std::uint32_t data_max_bytes = 0;  ///< MAXH2CDATA: largest data of one H2CData PDU, a multiple of 4
};
/// H2CTermReq and C2HTermReq.
struct Termination {
  FatalError error;
};
/// H2CData and C2HData: a part of the data of a command.
struct DataPdu {
  std::uint16_t command_id = 0;
  std::uint16_t transfer_tag = 0;  ///< of the R2T that it answers; 0 in a C2HData
  std::uint32_t offset_bytes = 0;
  std::uint32_t length_bytes = 0;
  bool last = false;
  bool success = false;  ///< C2HData only, and only with `last`
};
/// R2T: the controller is ready for a part of the data of a command.
struct ReadyToTransfer {
  std::uint16_t command_id = 0;
  std::uint16_t transfer_tag = 0;
  std::uint32_t offset_bytes = 0;
  std::uint32_t length_bytes = 0;
};

/// All of a PDU up to its data: header, digest of the header, padding.
class EncodedPdu {
 public:
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_bytes_); }
  /// Whether the digest of the data has to follow the data.
  [[nodiscard]] bool data_digest() const { return data_digest_; }

 private:
  friend class PduWriter;
  std::array<std::byte, data_offset_max_bytes + 1> bytes_;
  std::uint16_t size_bytes_ = 0;
  bool data_digest_ = false;
};

[[nodiscard]] EncodedPdu encode(const IcRequest& request);
[[nodiscard]] EncodedPdu encode(const IcResponse& response);
/// The data of this PDU is the header that is objected to, of at most `header_max_bytes`.
[[nodiscard]] EncodedPdu encode(const Termination& termination, Side sender, std::size_t offending_header_bytes);
/// A command with `data_bytes` of data in its capsule.
[[nodiscard]] EncodedPdu encode(const SubmissionEntry& command, std::uint32_t data_bytes, const PduFormat& format);
[[nodiscard]] EncodedPdu encode(const CompletionEntry& response, const PduFormat& format);
[[nodiscard]] EncodedPdu encode(const DataPdu& data, Side sender, const PduFormat& format);
[[nodiscard]] EncodedPdu encode(const ReadyToTransfer& ready, const PduFormat& format);

// Each takes all of a header that decode_header() has accepted, of the type that fits.

[[nodiscard]] std::variant<IcRequest, FatalError> decode_ic_request(std::span<const std::byte> header);
[[nodiscard]] std::variant<IcResponse, FatalError> decode_ic_response(std::span<const std::byte> header);
[[nodiscard]] Termination decode_termination(std::span<const std::byte> header);
[[nodiscard]] SubmissionEntry decode_command(std::span<const std::byte> header);
[[nodiscard]] CompletionEntry decode_response(std::span<const std::byte> header);
/// An error where the length in the header is not that of the data.
[[nodiscard]] std::variant<DataPdu, FatalError> decode_data(std::span<const std::byte> header, const PduHeader& facts);
/// An error where the length is 0.
[[nodiscard]] std::variant<ReadyToTransfer, FatalError> decode_ready(std::span<const std::byte> header);

}  // namespace zonecopy::nvme::fabrics
