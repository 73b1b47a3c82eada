// Queue entries against bytes written by hand from the figures of NVMe Base 2.0, in both directions.
#include "src/nvme/fabrics/queue_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <initializer_list>

namespace zonecopy::nvme::fabrics {
namespace {

template <std::size_t size>
std::array<std::byte, size> bytes(std::initializer_list<unsigned> values) {
  std::array<std::byte, size> array{};
  std::size_t i = 0;
  for (const unsigned value : values) array[i++] = static_cast<std::byte>(value);
  return array;
}

// Zone Append of 8 blocks to the zone that starts at LBA 0x1122334455667788, FUA, of namespace 3, data by the transport.
const auto append_bytes = bytes<64>({
    0x7d, 0x40, 0x34, 0x12, 3,    0,    0,    0,     // opcode, PSDT 01b, command identifier, NSID
    0,    0,    0,    0,    0,    0,    0,    0,     // CDW2, CDW3
    0,    0,    0,    0,    0,    0,    0,    0,     // MPTR
    0,    0,    0,    0,    0,    0,    0,    0,     // SGL: address
    0x00, 0x80, 0,    0,    0,    0,    0,    0x5a,  // length, reserved, identifier
    0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,  // CDW10, CDW11
    0x07, 0x00, 0x00, 0x40, 0,    0,    0,    0,     // CDW12, CDW13
    0,    0,    0,    0,    0xdd, 0xcc, 0xbb, 0xaa,  // CDW14, CDW15
});

SubmissionEntry append_entry() {
  SubmissionEntry entry;
  entry.command.opcode = 0x7d;
  entry.command.nsid = 3;
  entry.command.cdw10 = 0x55667788;
  entry.command.cdw11 = 0x11223344;
  entry.command.cdw12 = 0x40000007;
  entry.command.cdw15 = 0xaabbccdd;
  entry.command_id = 0x1234;
  entry.sgl = {.address = 0, .length_bytes = 0x8000, .identifier = sgl_transport};
  return entry;
}

TEST(SubmissionEntry, IsEncoded) {
  std::array<std::byte, 64> encoded{};
  encoded.fill(std::byte{0xee});  // whatever was there before must not show
  encode(append_entry(), encoded);
  EXPECT_EQ(encoded, append_bytes);
}

TEST(SubmissionEntry, IsDecoded) {
  const SubmissionEntry entry = decode_submission(append_bytes);
  const SubmissionEntry expected = append_entry();
  EXPECT_EQ(entry.command.opcode, expected.command.opcode);
  EXPECT_TRUE(has_sgl(entry.command));
  EXPECT_EQ(entry.command_id, expected.command_id);
  EXPECT_EQ(entry.command.nsid, expected.command.nsid);
  EXPECT_EQ(entry.sgl, expected.sgl);
  EXPECT_EQ(entry.command.cdw10, expected.command.cdw10);
  EXPECT_EQ(entry.command.cdw11, expected.command.cdw11);
  EXPECT_EQ(entry.command.cdw12, expected.command.cdw12);
  EXPECT_EQ(entry.command.cdw13, 0U);
  EXPECT_EQ(entry.command.cdw14, 0U);
  EXPECT_EQ(entry.command.cdw15, expected.command.cdw15);
}

TEST(SubmissionEntry, HasEveryFieldInItsPlace) {
  SubmissionEntry entry;
  entry.command = {.opcode = 1,
                   .nsid = 2,
                   .cdw2 = 3,
                   .cdw3 = 4,
                   .cdw10 = 10,
                   .cdw11 = 11,
                   .cdw12 = 12,
                   .cdw13 = 13,
                   .cdw14 = 14,
                   .cdw15 = 15};
  entry.sgl = {.address = 0x99, .length_bytes = 5, .identifier = sgl_in_capsule};
  std::array<std::byte, 64> encoded{};
  encode(entry, encoded);
  const SubmissionEntry decoded = decode_submission(encoded);
  EXPECT_EQ(decoded.command.cdw2, 3U);
  EXPECT_EQ(decoded.command.cdw3, 4U);
  EXPECT_EQ(decoded.command.cdw13, 13U);
  EXPECT_EQ(decoded.command.cdw14, 14U);
  EXPECT_EQ(decoded.sgl, entry.sgl);
}

TEST(SubmissionEntry, KeepsFuseAndSaysWhetherThereIsAnSgl) {
  std::array<std::byte, 64> encoded = append_bytes;
  encoded[1] = std::byte{0x01};  // FUSE 01b, PSDT 00b: PRPs
  EXPECT_FALSE(has_sgl(decode_submission(encoded).command));
  EXPECT_EQ(decode_submission(encoded).command.flags, 0x01);
}

// A Zone Append that was refused: Zone Is Full (SCT 1, SC B9h), not to be sent again.
const auto refused_bytes =
    bytes<16>({0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a, 0x21, 0x43, 0x05, 0, 0x34, 0x12, 0x72, 0x83});
const CompletionEntry refused{.result = 0x9abcdef012345678,
                              .sq_head = 0x4321,
                              .sq_id = 5,
                              .command_id = 0x1234,
                              .status = 0x1b9,
                              .do_not_retry = true};

TEST(CompletionEntry, IsEncodedAndDecoded) {
  std::array<std::byte, 16> encoded{};
  encode(refused, encoded);
  EXPECT_EQ(encoded, refused_bytes);
  EXPECT_EQ(decode_completion(refused_bytes), refused);
}

TEST(CompletionEntry, LeavesThePhaseBitAndTheAdviceOnRetriesAside) {
  auto encoded = refused_bytes;
  encoded[14] |= std::byte{0x01};  // phase
  encoded[15] |= std::byte{0x70};  // More and CRD
  EXPECT_EQ(decode_completion(encoded), refused);
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
