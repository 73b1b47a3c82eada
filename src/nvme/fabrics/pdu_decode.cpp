// Decodes PDUs, which may say anything.
#include "src/base/endian.h"
#include "src/nvme/fabrics/digest.h"
#include "src/nvme/fabrics/pdu.h"
#include "src/nvme/fabrics/pdu_layout.h"

namespace zonecopy::nvme::fabrics {
namespace {

using Bytes = std::span<const std::byte>;

FatalError wrong_field(std::size_t offset) {
  return {FatalStatus::invalid_header_field, static_cast<std::uint32_t>(offset)};
}

Digests digests_of(Bytes header) {
  const auto bits = little_endian<std::uint8_t>(header, layout::digests);
  return {.header = (bits & layout::digest_header_bit) != 0, .data = (bits & layout::digest_data_bit) != 0};
}

/// Where the data begins, and how long it is. `facts` has all but these.
std::variant<PduHeader, FatalError> with_data(PduHeader facts, Bytes bytes, const layout::Shape& shape,
                                              const PduFormat& format) {
  const auto total_bytes = little_endian<std::uint32_t>(bytes, layout::total_length);
  const std::uint32_t end_bytes = facts.header_bytes + (facts.header_digest ? std::uint32_t{digest_bytes} : 0);
  if (total_bytes < end_bytes) return wrong_field(layout::total_length);
  if (total_bytes == end_bytes) {
    if (facts.data_digest) return wrong_field(layout::flags);
    return facts;
  }
  if (!shape.may_carry) return wrong_field(layout::total_length);
  // Terminations have no PDO and no digests.
  const std::uint32_t offset_bytes =
      shape.digests ? little_endian<std::uint8_t>(bytes, layout::data_offset) : facts.header_bytes;
  if (offset_bytes < end_bytes || offset_bytes % format.data_alignment_bytes != 0)
    return wrong_field(layout::data_offset);
  if (facts.data_digest != (shape.digests && format.digests.data)) return wrong_field(layout::flags);
  const std::uint32_t behind_bytes = facts.data_digest ? std::uint32_t{digest_bytes} : 0;
  if (total_bytes <= offset_bytes + behind_bytes) return wrong_field(layout::total_length);
  facts.data_offset_bytes = static_cast<std::uint8_t>(offset_bytes);
  facts.data_bytes = total_bytes - offset_bytes - behind_bytes;
  if (!shape.digests && facts.data_bytes > header_max_bytes) return wrong_field(layout::total_length);
  return facts;
}

}  // namespace

std::uint32_t PduHeader::total_bytes() const {
  const std::uint32_t header_end_bytes = header_bytes + (header_digest ? std::uint32_t{digest_bytes} : 0);
  if (data_bytes == 0) return header_end_bytes;
  return data_offset_bytes + data_bytes + (data_digest ? std::uint32_t{digest_bytes} : 0);
}

std::variant<PduHeader, FatalError> decode_header(std::span<const std::byte, common_header_bytes> bytes, Side sender,
                                                  const PduFormat& format) {
  PduHeader facts;
  facts.type = static_cast<PduType>(bytes[layout::type]);
  const std::optional<layout::Shape> shape = layout::shape_of(facts.type);
  if (!shape || shape->sender != sender) return wrong_field(layout::type);
  const auto flags = little_endian<std::uint8_t>(bytes, layout::flags);
  facts.header_digest = shape->digests && (flags & layout::flag_header_digest) != 0;
  facts.data_digest = shape->digests && (flags & layout::flag_data_digest) != 0;
  facts.last = (flags & layout::flag_last) != 0;
  facts.success = (flags & layout::flag_success) != 0;
  if (facts.header_digest != (shape->digests && format.digests.header)) return wrong_field(layout::flags);
  facts.header_bytes = little_endian<std::uint8_t>(bytes, layout::header_length);
  if (facts.header_bytes != shape->header_bytes) return wrong_field(layout::header_length);
  return with_data(facts, bytes, *shape, format);
}

std::variant<IcRequest, FatalError> decode_ic_request(Bytes header) {
  if (little_endian<std::uint16_t>(header, layout::format_version) != 0) {
    return FatalError{FatalStatus::unsupported_parameter, layout::format_version};
  }
  IcRequest request;
  request.host_alignment = little_endian<std::uint8_t>(header, layout::alignment);
  if (request.host_alignment > layout::alignment_max) return wrong_field(layout::alignment);
  request.digests = digests_of(header);
  request.max_r2t = little_endian<std::uint32_t>(header, layout::max_r2t);
  if (request.max_r2t != ~std::uint32_t{0}) ++request.max_r2t;
  return request;
}

std::variant<IcResponse, FatalError> decode_ic_response(Bytes header) {
  if (little_endian<std::uint16_t>(header, layout::format_version) != 0) {
    return FatalError{FatalStatus::unsupported_parameter, layout::format_version};
  }
  constexpr std::uint32_t data_min_bytes = 4096;
  IcResponse response;
  response.controller_alignment = little_endian<std::uint8_t>(header, layout::alignment);
  if (response.controller_alignment > layout::alignment_max) return wrong_field(layout::alignment);
  response.digests = digests_of(header);
  response.data_max_bytes = little_endian<std::uint32_t>(header, layout::data_max);
  if (response.data_max_bytes < data_min_bytes || response.data_max_bytes % 4 != 0)
    return wrong_field(layout::data_max);
  return response;
}

Termination decode_termination(Bytes header) {
  Termination termination;
  termination.error.status = static_cast<FatalStatus>(little_endian<std::uint16_t>(header, layout::fatal_status));
  termination.error.information = little_endian<std::uint32_t>(header, layout::fatal_information);
  return termination;
}

SubmissionEntry decode_command(Bytes header) {
  return decode_submission(header.subspan(layout::entry).first<submission_entry_bytes>());
}

CompletionEntry decode_response(Bytes header) {
  return decode_completion(header.subspan(layout::entry).first<completion_entry_bytes>());
}

std::variant<DataPdu, FatalError> decode_data(Bytes header, const PduHeader& facts) {
  DataPdu data;
  data.command_id = little_endian<std::uint16_t>(header, layout::command_id);
  data.transfer_tag = little_endian<std::uint16_t>(header, layout::transfer_tag);
  data.offset_bytes = little_endian<std::uint32_t>(header, layout::offset);
  data.length_bytes = little_endian<std::uint32_t>(header, layout::length);
  data.last = facts.last;
  data.success = facts.success;
  if (data.length_bytes == 0 || data.length_bytes != facts.data_bytes) return wrong_field(layout::length);
  if (data.success && !data.last) return wrong_field(layout::flags);
  return data;
}

std::variant<ReadyToTransfer, FatalError> decode_ready(Bytes header) {
  ReadyToTransfer ready;
  ready.command_id = little_endian<std::uint16_t>(header, layout::command_id);
  ready.transfer_tag = little_endian<std::uint16_t>(header, layout::transfer_tag);
  ready.offset_bytes = little_endian<std::uint32_t>(header, layout::offset);
  ready.length_bytes = little_endian<std::uint32_t>(header, layout::length);
  if (ready.length_bytes == 0) return wrong_field(layout::length);
  return ready;
}

}  // namespace zonecopy::nvme::fabrics
