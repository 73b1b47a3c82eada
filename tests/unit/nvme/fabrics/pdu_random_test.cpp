// Headers of PDUs that nobody meant: what is accepted keeps to all that receivers build on.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "src/base/endian.h"
#include "src/nvme/fabrics/digest.h"
#include "src/nvme/fabrics/pdu.h"
#include "tests/support/random.h"
#include "tests/support/seed.h"

namespace zonecopy::nvme::fabrics {
namespace {

using Header = std::array<std::byte, header_max_bytes>;

template <typename T, std::size_t count>
T one_of(test::Random& chance, const T (&values)[count]) {
  return values[chance.below(count)];
}

/// Bytes that are nearly right in some fields, since wholly random ones never get beyond the first check.
Header nearly_right(test::Random& chance) {
  constexpr unsigned lengths[] = {0, 8, 23, 24, 28, 72, 76, 128, 255};
  constexpr std::uint32_t totals[] = {0, 7, 8, 24, 28, 32, 72, 76, 80, 128, 132, 4096 + 24, 0x7fffffff, 0xffffffff};
  Header header{};
  for (std::byte& byte : header) byte = static_cast<std::byte>(chance.below(256));
  header[0] = static_cast<std::byte>(chance.below(11));
  header[1] = static_cast<std::byte>(chance.below(16));
  header[2] = static_cast<std::byte>(one_of(chance, lengths));
  header[3] = static_cast<std::byte>(one_of(chance, lengths));
  put_little_endian(std::span<std::byte>(header), 4, one_of(chance, totals));
  return header;
}

/// What a receiver relies on.
void check(const PduHeader& facts, std::span<const std::byte> header, const PduFormat& format) {
  EXPECT_EQ(facts.total_bytes(), little_endian<std::uint32_t>(header, 4));
  EXPECT_LE(facts.header_bytes, header_max_bytes);
  const std::size_t header_end = facts.header_bytes + (facts.header_digest ? digest_bytes : 0);
  if (facts.data_bytes == 0) return;
  EXPECT_GE(facts.data_offset_bytes, header_end);
  EXPECT_EQ(facts.data_offset_bytes % format.data_alignment_bytes, 0U);
  const bool terminates = facts.type == PduType::host_termination || facts.type == PduType::controller_termination;
  EXPECT_EQ(facts.data_digest, format.digests.data && !terminates);
}

/// Each decoder, whatever the type of the PDU: none reads beyond the header.
void decode_all(std::span<const std::byte> bytes, const PduHeader& facts) {
  const std::vector<std::byte> header(bytes.begin(), bytes.begin() + facts.header_bytes);  // ASan watches its end
  switch (facts.type) {
    case PduType::ic_request: (void)decode_ic_request(header); return;
    case PduType::ic_response: (void)decode_ic_response(header); return;
    case PduType::host_termination:
    case PduType::controller_termination: (void)decode_termination(header); return;
    case PduType::command: (void)decode_command(header); return;
    case PduType::response: (void)decode_response(header); return;
    case PduType::host_data:
    case PduType::controller_data: (void)decode_data(header, facts); return;
    case PduType::ready_to_transfer: (void)decode_ready(header); return;
  }
}

TEST(PduOfChance, IsRefusedOrKeepsToWhatReceiversBuildOn) {
  constexpr std::uint32_t alignments[] = {4, 8, 128};
  constexpr unsigned rounds = 200'000;
  test::Random chance(test::test_seed());
  unsigned accepted = 0;
  for (unsigned round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    const Header header = nearly_right(chance);
    const PduFormat format{.digests = {.header = chance.below(2) != 0, .data = chance.below(2) != 0},
                           .data_alignment_bytes = one_of(chance, alignments)};
    const Side sender = chance.below(2) != 0 ? Side::host : Side::controller;
    const auto decoded = decode_header(std::span(header).first<common_header_bytes>(), sender, format);
    const auto* const facts = std::get_if<PduHeader>(&decoded);
    if (facts == nullptr) continue;
    ++accepted;
    check(*facts, header, format);
    decode_all(header, *facts);
  }
  EXPECT_GT(accepted, rounds / 1000) << "or the test tests nothing";
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
