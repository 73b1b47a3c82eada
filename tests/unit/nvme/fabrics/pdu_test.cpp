// PDUs against bytes written by hand from the figures of the NVMe/TCP transport specification, in both directions, and
// every field that the other side may get wrong.
#include "src/nvme/fabrics/pdu.h"

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <ostream>
#include <vector>

#include "src/base/endian.h"
#include "src/nvme/fabrics/digest.h"

namespace zonecopy::nvme::fabrics {

void PrintTo(const FatalError& error, std::ostream* out) {
  *out << to_string(error.status) << " at " << error.information;
}

namespace {

using Bytes = std::vector<std::byte>;

/// `values`, followed by zeros up to `size`.
Bytes bytes(std::initializer_list<unsigned> values, std::size_t size) {
  Bytes result;
  for (const unsigned value : values) result.push_back(static_cast<std::byte>(value));
  result.resize(size);
  return result;
}

Bytes bytes_of(const EncodedPdu& pdu) { return {pdu.bytes().begin(), pdu.bytes().end()}; }

constexpr PduFormat plain;
constexpr PduFormat digested{.digests = {.header = true, .data = true}};

std::variant<PduHeader, FatalError> header_of(const Bytes& pdu, Side sender, const PduFormat& format = plain) {
  return decode_header(std::span(pdu).first<common_header_bytes>(), sender, format);
}

FatalError wrong(std::uint32_t offset) { return {FatalStatus::invalid_header_field, offset}; }

const Bytes ic_request = bytes({0, 0, 128, 0, 128, 0, 0, 0, 0, 0, 7, 3, 15}, 128);
const Bytes ic_response = bytes({1, 0, 128, 0, 128, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0}, 128);
const Bytes host_data = bytes({6, 4, 24, 24, 24, 16, 0, 0, 0x34, 0x12, 0x78, 0x56, 0, 0, 1, 0, 0, 16, 0, 0}, 24);
const Bytes controller_data = bytes({7, 12, 24, 24, 24, 2, 0, 0, 0x34, 0x12, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0}, 24);
const Bytes ready_to_transfer = bytes({9, 0, 24, 0, 24, 0, 0, 0, 0x34, 0x12, 0x78, 0x56, 0, 0, 1, 0, 0, 16, 0, 0}, 24);
const Bytes termination = bytes({3, 0, 24, 0, 32, 0, 0, 0, 1, 0, 4, 0, 0, 0}, 24);

TEST(Pdu, ICReq) {
  EXPECT_EQ(bytes_of(encode(IcRequest{.host_alignment = 7, .digests = {true, true}, .max_r2t = 16})), ic_request);
  const auto facts = std::get<PduHeader>(header_of(ic_request, Side::host, digested));
  EXPECT_EQ(facts.total_bytes(), 128U);
  EXPECT_FALSE(facts.header_digest) << "digests begin after it";
  const auto request = std::get<IcRequest>(decode_ic_request(ic_request));
  EXPECT_EQ(request.host_alignment, 7);
  EXPECT_EQ(request.digests, (Digests{true, true}));
  EXPECT_EQ(request.max_r2t, 16U);
}

TEST(Pdu, ICReqMayNameNoLimit) {
  Bytes request = ic_request;
  std::fill_n(request.begin() + 12, 4, std::byte{0xff});
  EXPECT_EQ(std::get<IcRequest>(decode_ic_request(request)).max_r2t, 0xffffffffU);
}

TEST(Pdu, ICResp) {
  EXPECT_EQ(bytes_of(encode(IcResponse{.digests = {false, true}, .data_max_bytes = 0x20000})), ic_response);
  const auto response = std::get<IcResponse>(decode_ic_response(ic_response));
  EXPECT_EQ(response.controller_alignment, 0);
  EXPECT_EQ(response.digests, (Digests{false, true}));
  EXPECT_EQ(response.data_max_bytes, 0x20000U);
}

TEST(Pdu, H2CData) {
  const DataPdu data{
      .command_id = 0x1234, .transfer_tag = 0x5678, .offset_bytes = 0x10000, .length_bytes = 0x1000, .last = true};
  EXPECT_EQ(bytes_of(encode(data, Side::host, plain)), host_data);
  const auto facts = std::get<PduHeader>(header_of(host_data, Side::host));
  EXPECT_EQ(facts.data_bytes, 0x1000U);
  EXPECT_EQ(facts.total_bytes(), 0x1018U);
  const auto decoded = std::get<DataPdu>(decode_data(host_data, facts));
  EXPECT_EQ(decoded.command_id, data.command_id);
  EXPECT_EQ(decoded.transfer_tag, data.transfer_tag);
  EXPECT_EQ(decoded.offset_bytes, data.offset_bytes);
  EXPECT_TRUE(decoded.last);
}

TEST(Pdu, C2HData) {
  const DataPdu data{
      .command_id = 0x1234, .offset_bytes = 0x1000, .length_bytes = 0x200, .last = true, .success = true};
  EXPECT_EQ(bytes_of(encode(data, Side::controller, plain)), controller_data);
  const auto facts = std::get<PduHeader>(header_of(controller_data, Side::controller));
  const auto decoded = std::get<DataPdu>(decode_data(controller_data, facts));
  EXPECT_EQ(decoded.length_bytes, 0x200U);
  EXPECT_TRUE(decoded.success);
}

TEST(Pdu, R2T) {
  const ReadyToTransfer ready{
      .command_id = 0x1234, .transfer_tag = 0x5678, .offset_bytes = 0x10000, .length_bytes = 0x1000};
  EXPECT_EQ(bytes_of(encode(ready, plain)), ready_to_transfer);
  EXPECT_TRUE(std::holds_alternative<PduHeader>(header_of(ready_to_transfer, Side::controller)));
  const auto decoded = std::get<ReadyToTransfer>(decode_ready(ready_to_transfer));
  EXPECT_EQ(decoded.offset_bytes, 0x10000U);
  EXPECT_EQ(decoded.length_bytes, 0x1000U);
}

TEST(Pdu, TerminationCarriesTheHeaderThatIsObjectedTo) {
  EXPECT_EQ(bytes_of(encode(Termination{wrong(4)}, Side::controller, 8)), termination);
  const auto facts = std::get<PduHeader>(header_of(termination, Side::controller, digested));
  EXPECT_EQ(facts.data_bytes, 8U);
  EXPECT_EQ(decode_termination(termination).error, wrong(4));
}

TEST(Pdu, Capsules) {
  SubmissionEntry entry;
  entry.command.opcode = 1;
  entry.command_id = 0x4321;
  entry.sgl = {.length_bytes = 512, .identifier = sgl_in_capsule};
  const Bytes command = bytes_of(encode(entry, 512, digested));
  // Header, its digest, then data at offset 76, and the digest of that: 72 + 4 + 512 + 4.
  EXPECT_EQ(Bytes(command.begin(), command.begin() + 8), bytes({4, 3, 72, 76, 0x50, 2, 0, 0}, 8));
  ASSERT_EQ(command.size(), 76U);
  EXPECT_EQ(little_endian<std::uint32_t>(command, 72), digest_of(std::span(command).first(72)));
  const auto facts = std::get<PduHeader>(header_of(command, Side::host, digested));
  EXPECT_EQ(facts.data_bytes, 512U);
  EXPECT_EQ(facts.total_bytes(), 592U);
  EXPECT_EQ(decode_command(command).command_id, 0x4321);

  const CompletionEntry answer{.result = 7, .command_id = 0x4321, .status = 0x1bc};
  const Bytes response = bytes_of(encode(answer, digested));
  EXPECT_EQ(Bytes(response.begin(), response.begin() + 8), bytes({5, 1, 24, 0, 28, 0, 0, 0}, 8));
  EXPECT_EQ(std::get<PduHeader>(header_of(response, Side::controller, digested)).total_bytes(), 28U);
  EXPECT_EQ(decode_response(response), answer);
}

TEST(Pdu, DataBeginsWhereTheOtherSideWantsIt) {
  for (const std::uint32_t alignment : {4U, 8U, 32U, 128U}) {
    const PduFormat format{.digests = {.header = true, .data = false}, .data_alignment_bytes = alignment};
    const Bytes pdu = bytes_of(encode(DataPdu{.length_bytes = 100}, Side::controller, format));
    EXPECT_EQ(pdu.size() % alignment, 0U);
    const auto facts = std::get<PduHeader>(header_of(pdu, Side::controller, format));
    EXPECT_EQ(facts.data_offset_bytes, pdu.size());
    EXPECT_EQ(facts.data_bytes, 100U);
  }
}

/// `pdu` with the byte at `offset` set to `value`.
Bytes changed(Bytes pdu, std::size_t offset, unsigned value) {
  pdu[offset] = static_cast<std::byte>(value);
  return pdu;
}

struct Offence {
  const char* what;
  Bytes pdu;
  Side sender;
  PduFormat format;
  FatalError expected;
};

TEST(Pdu, EveryWrongHeaderIsAFatalErrorThatNamesTheField) {
  const Offence offences[] = {
      {"a type that does not exist", changed(host_data, 0, 8), Side::host, plain, wrong(0)},
      {"a type of the other side", host_data, Side::controller, plain, wrong(0)},
      {"a header digest that was not agreed on", changed(host_data, 1, 1), Side::host, plain, wrong(1)},
      {"no header digest", host_data, Side::host, digested, wrong(1)},
      {"a data digest that was not agreed on", changed(host_data, 1, 2), Side::host, plain, wrong(1)},
      {"a data digest without data", changed(ready_to_transfer, 1, 2), Side::controller, plain, wrong(1)},
      {"a short header", changed(host_data, 2, 23), Side::host, plain, wrong(2)},
      {"a long header", changed(host_data, 2, 25), Side::host, plain, wrong(2)},
      {"data within the header", changed(host_data, 3, 20), Side::host, plain, wrong(3)},
      {"data at no multiple of 4", changed(host_data, 3, 26), Side::host, plain, wrong(3)},
      {"a PDU shorter than its header", changed(changed(host_data, 4, 23), 5, 0), Side::host, plain, wrong(4)},
      {"data that begins at the end", changed(changed(changed(host_data, 3, 28), 4, 28), 5, 0), Side::host, plain,
       wrong(4)},
      {"data behind an R2T", changed(ready_to_transfer, 4, 32), Side::controller, plain, wrong(4)},
      {"a long ICReq", changed(ic_request, 4, 132), Side::host, plain, wrong(4)},
      {"a termination with more than a header", changed(termination, 5, 1), Side::controller, plain, wrong(4)},
  };
  for (const Offence& offence : offences) {
    const auto decoded = header_of(offence.pdu, offence.sender, offence.format);
    ASSERT_TRUE(std::holds_alternative<FatalError>(decoded)) << offence.what;
    EXPECT_EQ(std::get<FatalError>(decoded), offence.expected) << offence.what;
  }
}

TEST(Pdu, EveryWrongBodyIsAFatalError) {
  const FatalError version{FatalStatus::unsupported_parameter, 8};
  EXPECT_EQ(std::get<FatalError>(decode_ic_request(changed(ic_request, 8, 1))), version);
  EXPECT_EQ(std::get<FatalError>(decode_ic_response(changed(ic_response, 9, 1))), version);
  EXPECT_EQ(std::get<FatalError>(decode_ic_request(changed(ic_request, 10, 32))), wrong(10));
  EXPECT_EQ(std::get<FatalError>(decode_ic_response(changed(ic_response, 10, 32))), wrong(10));
  EXPECT_EQ(std::get<FatalError>(decode_ic_response(changed(ic_response, 14, 0))), wrong(12)) << "MAXH2CDATA 0";
  EXPECT_EQ(std::get<FatalError>(decode_ic_response(changed(ic_response, 12, 2))), wrong(12)) << "no multiple of 4";
  const auto facts = std::get<PduHeader>(header_of(host_data, Side::host));
  EXPECT_EQ(std::get<FatalError>(decode_data(changed(host_data, 17, 17), facts)), wrong(16))
      << "not the length of the data";
  const auto success = std::get<PduHeader>(header_of(changed(controller_data, 1, 8), Side::controller));
  EXPECT_EQ(std::get<FatalError>(decode_data(controller_data, success)), wrong(1)) << "SUCCESS without LAST_PDU";
  EXPECT_EQ(std::get<FatalError>(decode_ready(changed(ready_to_transfer, 17, 0))), wrong(16)) << "an R2T for nothing";
}

TEST(Pdu, EmptyDataIsNoData) {
  const Bytes pdu = bytes_of(encode(DataPdu{}, Side::host, plain));
  const auto facts = std::get<PduHeader>(header_of(pdu, Side::host));
  EXPECT_EQ(std::get<FatalError>(decode_data(pdu, facts)), wrong(16));
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
