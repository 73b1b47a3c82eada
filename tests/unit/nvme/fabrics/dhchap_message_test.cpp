// The messages of DH-HMAC-CHAP, byte by byte, and what becomes of those that are cut off or wrong.
#include "src/nvme/fabrics/dhchap_message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/nvme/fabrics/dhchap_command.h"
#include "src/nvme/fabrics/queue_entry.h"
#include "tests/unit/nvme/fabrics/hex.h"

namespace zonecopy::nvme::fabrics::dhchap {
namespace {

struct Golden {
  const char* name;
  Message message;
  Bytes bytes;
};

std::vector<Golden> golden() {
  Reply unasked{0x0201, 0x04030201, repeated(32, 0xa1), std::nullopt, {}};
  Reply asked{0x0201, 0x04030201, repeated(48, 0xa1), repeated(48, 0xc2), repeated(256, 0xd2)};
  return {
      {"Negotiate", Negotiate{0x0201, 0, {1, 2, 3}, {0, 1, 5}},
       // type 0, id 0, reserved, T_ID, SC_C, NAPD; then AuthID 1, reserved, HALEN, DHLEN, and two lists of 30
       joined(joined(from_hex("00 00 00 00 01 02 00 01   01 00 03 03   01 02 03"), repeated(27, 0)),
              joined(from_hex("00 01 05"), repeated(27, 0)))},
      {"Challenge", Challenge{0x0201, 2, 0, 0x04030201, repeated(48, 0xc1), {}},
       // type 1, id 1, reserved, T_ID, HL, reserved, HashID, DHgID, DHVLEN, SEQNUM
       joined(from_hex("01 01 00 00 01 02 30 00 02 00 00 00 01 02 03 04"), repeated(48, 0xc1))},
      {"Challenge with a group", Challenge{0x0201, 1, 1, 0x04030201, repeated(32, 0xc1), repeated(256, 0xd1)},
       joined(joined(from_hex("01 01 00 00 01 02 20 00 01 01 00 01 01 02 03 04"), repeated(32, 0xc1)),
              repeated(256, 0xd1))},
      {"Reply", unasked,
       // type 1, id 2, reserved, T_ID, HL, reserved, CVALID, reserved, DHVLEN, SEQNUM
       joined(joined(from_hex("01 02 00 00 01 02 20 00 00 00 00 00 01 02 03 04"), repeated(32, 0xa1)),
              repeated(32, 0))},
      {"Reply with a challenge and a group", asked,
       joined(joined(from_hex("01 02 00 00 01 02 30 00 01 00 00 01 01 02 03 04"), repeated(48, 0xa1)),
              joined(repeated(48, 0xc2), repeated(256, 0xd2)))},
      {"Success1", Success1{0x0201, 32, std::nullopt},
       // type 1, id 3, reserved, T_ID, HL, reserved, RVALID, reserved
       from_hex("01 03 00 00 01 02 20 00 00 00 00 00 00 00 00 00")},
      {"Success1 with a response", Success1{0x0201, 64, repeated(64, 0xa2)},
       joined(from_hex("01 03 00 00 01 02 40 00 01 00 00 00 00 00 00 00"), repeated(64, 0xa2))},
      {"Success2", Success2{0x0201}, from_hex("01 04 00 00 01 02 00 00 00 00 00 00 00 00 00 00")},
      // type 0, id F1h or F0h, reserved, T_ID, reason, explanation
      {"Failure1", ControllerFailure{0x0201, Failure::hash_unusable}, from_hex("00 f1 00 00 01 02 01 04")},
      {"Failure2", HostFailure{0x0201, Failure::unexpected_message}, from_hex("00 f0 00 00 01 02 01 07")},
  };
}

TEST(DhchapMessage, GoldenBytes) {
  for (const Golden& row : golden()) {
    EXPECT_EQ(encode(row.message), row.bytes) << row.name;
    const std::variant<Message, Failure> decoded = decode(row.bytes);
    ASSERT_TRUE(std::holds_alternative<Message>(decoded)) << row.name;
    EXPECT_EQ(std::get<Message>(decoded), row.message) << row.name;
    EXPECT_EQ(transaction_of(row.message), 0x0201) << row.name;
    EXPECT_LE(row.bytes.size(), message_max_bytes);
  }
}

/// Who receives a message makes room for the longest, and the rest of it holds anything.
TEST(DhchapMessage, MayBeFollowedByOtherBytes) {
  for (const Golden& row : golden()) {
    const std::variant<Message, Failure> decoded = decode(joined(row.bytes, repeated(100, 0xee)));
    ASSERT_TRUE(std::holds_alternative<Message>(decoded)) << row.name;
    EXPECT_EQ(std::get<Message>(decoded), row.message) << row.name;
  }
}

TEST(DhchapMessage, CutOffAnywhere) {
  for (const Golden& row : golden()) {
    for (std::size_t size = 0; size < row.bytes.size(); ++size) {
      const std::variant<Message, Failure> decoded = decode(std::span(row.bytes).first(size));
      ASSERT_TRUE(std::holds_alternative<Failure>(decoded)) << row.name << " of " << size << " bytes";
      EXPECT_EQ(std::get<Failure>(decoded), Failure::incorrect_payload) << row.name;
    }
  }
}

TEST(DhchapMessage, WhatIsWrong) {
  struct Row {
    std::string what;
    Bytes bytes;
    Failure failure;
  };
  const Bytes lists = repeated(60, 0);
  const std::vector<Row> rows = {
      {"an unknown type", from_hex("02 00 00 00 01 02 00 00"), Failure::unexpected_message},
      {"an unknown common message", from_hex("00 01 00 00 01 02 00 00"), Failure::unexpected_message},
      {"an unknown message", joined(from_hex("01 05"), repeated(14, 0)), Failure::unexpected_message},
      {"the first message under the wrong type", joined(from_hex("01 00"), repeated(14, 0)),
       Failure::unexpected_message},
      {"no protocol", from_hex("00 00 00 00 01 02 00 00"), Failure::protocol_unusable},
      {"another protocol", joined(from_hex("00 00 00 00 01 02 00 01   02 00 01 01"), lists),
       Failure::protocol_unusable},
      {"two protocols of which one is not there", joined(from_hex("00 00 00 00 01 02 00 02   02 00 01 01"), lists),
       Failure::incorrect_payload},
      {"31 hashes", joined(from_hex("00 00 00 00 01 02 00 01   01 00 1f 01"), lists), Failure::incorrect_payload},
      {"31 groups", joined(from_hex("00 00 00 00 01 02 00 01   01 00 01 1f"), lists), Failure::incorrect_payload},
  };
  for (const Row& row : rows) {
    const std::variant<Message, Failure> decoded = decode(row.bytes);
    ASSERT_TRUE(std::holds_alternative<Failure>(decoded)) << row.what;
    EXPECT_EQ(std::get<Failure>(decoded), row.failure) << row.what;
  }
}

/// The protocol may stand behind others that are not known.
TEST(DhchapMessage, SecondProtocol) {
  const Bytes other = joined(from_hex("00 00 00 00 01 02 00 02   07 00 ff ff"), repeated(60, 0xff));
  const Bytes own =
      joined(joined(from_hex("01 00 01 01   03"), repeated(29, 0)), joined(from_hex("02"), repeated(29, 0)));
  const std::variant<Message, Failure> decoded = decode(joined(other, own));
  ASSERT_TRUE(std::holds_alternative<Message>(decoded));
  const Negotiate expected{0x0201, 0, {3}, {2}};
  EXPECT_EQ(std::get<Message>(decoded), Message(expected));
}

/// Later standards may have more explanations: they are failures still.
TEST(DhchapMessage, UnknownExplanation) {
  for (const char* const text : {"00 f1 00 00 01 02 01 00", "00 f1 00 00 01 02 01 08", "00 f1 00 00 01 02 ff ff"}) {
    const std::variant<Message, Failure> decoded = decode(from_hex(text));
    const ControllerFailure expected{0x0201, Failure::failed};
    ASSERT_TRUE(std::holds_alternative<Message>(decoded)) << text;
    EXPECT_EQ(std::get<Message>(decoded), Message(expected)) << text;
  }
}

/// FCTYPE in byte 4; SPSP0, SPSP1 and SECP in bytes 41 to 43; the length in byte 44.
TEST(DhchapCommand, GoldenBytes) {
  struct Row {
    Command command;
    const char* type;
  };
  for (const Row& row : {Row{send_command(0x0102), "05"}, Row{receive_command(0x0102), "06"}}) {
    std::array<std::byte, submission_entry_bytes> bytes{};
    encode(SubmissionEntry{row.command, 0, {}}, bytes);
    EXPECT_EQ(bytes[0], std::byte{0x7f});
    EXPECT_EQ(Bytes(bytes.begin() + 4, bytes.begin() + 5), from_hex(row.type));
    EXPECT_EQ(Bytes(bytes.begin() + 40, bytes.begin() + 48), from_hex("00 01 01 e9   02 01 00 00"));
    EXPECT_TRUE(names_dhchap(row.command));
  }
  Command other = send_command(1);
  other.cdw10 ^= 0x01000000;
  EXPECT_FALSE(names_dhchap(other));
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics::dhchap
