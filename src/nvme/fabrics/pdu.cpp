// Encodes PDUs.
#include "src/nvme/fabrics/pdu.h"

#include "src/base/endian.h"
#include "src/nvme/fabrics/digest.h"
#include "src/nvme/fabrics/pdu_layout.h"

namespace zonecopy::nvme::fabrics {

/// Writes the header of one PDU, and what comes between it and the data.
class PduWriter {
 public:
  PduWriter(PduType type, const PduFormat& format, std::uint32_t data_bytes);

  template <std::unsigned_integral Integer>
  void put(std::size_t offset, Integer value) {
    put_little_endian(std::span(pdu_.bytes_), offset, value);
  }
  void set_flag(unsigned flag) { pdu_.bytes_[layout::flags] |= static_cast<std::byte>(flag); }
  [[nodiscard]] std::span<std::byte> from(std::size_t offset) { return std::span(pdu_.bytes_).subspan(offset); }
  /// The PDU, now that its fields are written.
  [[nodiscard]] EncodedPdu finish();

 private:
  EncodedPdu pdu_;
  std::uint8_t header_bytes_;
  bool header_digest_;
};

PduWriter::PduWriter(PduType type, const PduFormat& format, std::uint32_t data_bytes) {
  const layout::Shape shape = *layout::shape_of(type);
  header_bytes_ = shape.header_bytes;
  header_digest_ = shape.digests && format.digests.header;
  pdu_.data_digest_ = shape.digests && format.digests.data && data_bytes != 0;
  std::uint32_t size_bytes = header_bytes_ + (header_digest_ ? static_cast<std::uint32_t>(digest_bytes) : 0);
  if (shape.digests && data_bytes != 0) {
    size_bytes =
        (size_bytes + format.data_alignment_bytes - 1) / format.data_alignment_bytes * format.data_alignment_bytes;
  }
  pdu_.size_bytes_ = static_cast<std::uint16_t>(size_bytes);
  std::fill_n(pdu_.bytes_.begin(), size_bytes, std::byte{0});
  put(layout::type, static_cast<std::uint8_t>(type));
  if (header_digest_) set_flag(layout::flag_header_digest);
  if (pdu_.data_digest_) set_flag(layout::flag_data_digest);
  put(layout::header_length, header_bytes_);
  // The data of a termination begins right behind its header, and PDO is reserved there.
  put(layout::data_offset, static_cast<std::uint8_t>(shape.digests && data_bytes != 0 ? size_bytes : 0));
  const std::uint32_t behind_bytes = data_bytes + (pdu_.data_digest_ ? static_cast<std::uint32_t>(digest_bytes) : 0);
  put(layout::total_length, size_bytes + behind_bytes);
}

EncodedPdu PduWriter::finish() {
  if (header_digest_) put(header_bytes_, digest_of(std::span(pdu_.bytes_).first(header_bytes_)));
  return pdu_;
}

namespace {

std::uint8_t digest_bits(const Digests& digests) {
  return static_cast<std::uint8_t>((digests.header ? layout::digest_header_bit : 0) |
                                   (digests.data ? layout::digest_data_bit : 0));
}

}  // namespace

std::string_view to_string(FatalStatus status) {
  switch (status) {
    case FatalStatus::invalid_header_field: return "Invalid PDU Header Field";
    case FatalStatus::sequence_error: return "PDU Sequence Error";
    case FatalStatus::header_digest_error: return "Header Digest Error";
    case FatalStatus::data_out_of_range: return "Data Transfer Out of Range";
    case FatalStatus::limit_exceeded: return "Limit Exceeded";
    case FatalStatus::unsupported_parameter: return "Unsupported Parameter";
  }
  return "unknown";
}

EncodedPdu encode(const IcRequest& request) {
  PduWriter writer(PduType::ic_request, {}, 0);
  writer.put(layout::alignment, request.host_alignment);
  writer.put(layout::digests, digest_bits(request.digests));
  writer.put(layout::max_r2t, request.max_r2t - 1);
  return writer.finish();
}

EncodedPdu encode(const IcResponse& response) {
  PduWriter writer(PduType::ic_response, {}, 0);
  writer.put(layout::alignment, response.controller_alignment);
  writer.put(layout::digests, digest_bits(response.digests));
  writer.put(layout::data_max, response.data_max_bytes);
  return writer.finish();
}

EncodedPdu encode(const Termination& termination, Side sender, std::size_t offending_header_bytes) {
  const PduType type = sender == Side::host ? PduType::host_termination : PduType::controller_termination;
  PduWriter writer(type, {}, static_cast<std::uint32_t>(offending_header_bytes));
  writer.put(layout::fatal_status, static_cast<std::uint16_t>(termination.error.status));
  writer.put(layout::fatal_information, termination.error.information);
  return writer.finish();
}

EncodedPdu encode(const SubmissionEntry& command, std::uint32_t data_bytes, const PduFormat& format) {
  PduWriter writer(PduType::command, format, data_bytes);
  encode(command, writer.from(layout::entry).first<submission_entry_bytes>());
  return writer.finish();
}

EncodedPdu encode(const CompletionEntry& response, const PduFormat& format) {
  PduWriter writer(PduType::response, format, 0);
  encode(response, writer.from(layout::entry).first<completion_entry_bytes>());
  return writer.finish();
}

EncodedPdu encode(const DataPdu& data, Side sender, const PduFormat& format) {
  const PduType type = sender == Side::host ? PduType::host_data : PduType::controller_data;
  PduWriter writer(type, format, data.length_bytes);
  if (data.last) writer.set_flag(layout::flag_last);
  if (data.success) writer.set_flag(layout::flag_success);
  writer.put(layout::command_id, data.command_id);
  writer.put(layout::transfer_tag, data.transfer_tag);
  writer.put(layout::offset, data.offset_bytes);
  writer.put(layout::length, data.length_bytes);
  return writer.finish();
}

EncodedPdu encode(const ReadyToTransfer& ready, const PduFormat& format) {
  PduWriter writer(PduType::ready_to_transfer, format, 0);
  writer.put(layout::command_id, ready.command_id);
  writer.put(layout::transfer_tag, ready.transfer_tag);
  writer.put(layout::offset, ready.offset_bytes);
  writer.put(layout::length, ready.length_bytes);
  return writer.finish();
}

}  // namespace zonecopy::nvme::fabrics
