// PDUs over a pair of sockets: in any pieces, with and without digests, and all the ways in which a connection ends.
#include "src/tcp/pdu_stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/loop/loop_test.h"
#include "zonecopy/sync.h"

namespace zonecopy::tcp {
namespace {

using namespace nvme::fabrics;

constexpr PduFormat plain;
constexpr PduFormat digested{.digests = {.header = true, .data = true}};
constexpr std::uint32_t data_max_bytes = 1U << 20;

std::vector<std::byte> pattern(std::size_t size, unsigned first = 1) {
  std::vector<std::byte> data;
  for (std::size_t i = 0; i < size; ++i) data.push_back(static_cast<std::byte>(first + i * 7 + i / 251));
  return data;
}

class PduStreamTest : public test::LoopTest {
 protected:
  PduStreamTest() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    host = std::make_unique<PduStream>(loop(), FileDescriptor(pair[0]), Side::controller);
    target = std::make_unique<PduStream>(loop(), FileDescriptor(pair[1]), Side::host);
    agree(plain);
  }
  ~PduStreamTest() override {
    host->shut_down();
    target->shut_down();
    test::run_void(loop(), wait_idle());
  }
  void agree(const PduFormat& format) {
    for (PduStream* const stream : {host.get(), target.get()}) {
      stream->agree(format, format);
      stream->set_data_max(data_max_bytes);
    }
  }
  Task<void> wait_idle() {
    Event& first = host->idle();
    co_await first;
    Event& second = target->idle();
    co_await second;
  }

  test::Watchdog watchdog{"a stream of PDUs hangs", 60};
  std::unique_ptr<PduStream> host;
  std::unique_ptr<PduStream> target;
};

/// What is ready runs, and completions are fetched.
Task<void> one_turn() { co_await Yield(); }

Task<void> send_data(PduStream& stream, std::uint16_t id, std::span<const std::byte> data, int* result) {
  const DataPdu facts{.command_id = id, .length_bytes = static_cast<std::uint32_t>(data.size()), .last = true};
  const EncodedPdu pdu = encode(facts, Side::host, stream.sent_format());
  PduSender::Send send = stream.send(pdu, data);
  *result = co_await send;
}

struct Got {
  std::uint16_t id = 0;
  std::vector<std::byte> data;
};

Task<void> receive_data(PduStream& stream, std::size_t count, std::vector<Got>* got) {
  for (std::size_t i = 0; i < count; ++i) {
    const Result<ReceivedPdu> pdu = co_await stream.receive();
    if (!pdu) {
      ADD_FAILURE() << pdu.error().to_string();
      co_return;
    }
    const auto facts = std::get<DataPdu>(decode_data(pdu->header, pdu->facts));
    std::vector<std::byte> data(facts.length_bytes);
    const Status received = co_await stream.receive_data(data);
    EXPECT_TRUE(received) << received.error().to_string();
    got->push_back(Got{facts.command_id, std::move(data)});
  }
}

class PduStreamOfFormats : public PduStreamTest, public testing::WithParamInterface<PduFormat> {};

TEST_P(PduStreamOfFormats, CarriesDataOfAnyLengthInOrder) {
  agree(GetParam());
  const std::size_t sizes[] = {1, 4, 511, 4096, 16383, 16384, 16385, 131072, 131073, 1U << 20, 3, 200000};
  std::vector<std::vector<std::byte>> sent;
  std::vector<int> results(std::size(sizes), 1);
  std::vector<Task<void>> tasks;
  std::vector<Got> got;
  for (std::size_t i = 0; i < std::size(sizes); ++i) sent.push_back(pattern(sizes[i], static_cast<unsigned>(i)));
  for (std::size_t i = 0; i < sent.size(); ++i)
    tasks.push_back(send_data(*host, static_cast<std::uint16_t>(i), sent[i], &results[i]));
  tasks.push_back(receive_data(*target, sent.size(), &got));
  test::run_all(loop(), std::move(tasks));
  ASSERT_EQ(got.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(got[i].id, i);
    EXPECT_TRUE(got[i].data == sent[i]) << sizes[i] << " bytes";
    EXPECT_EQ(results[i], 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, PduStreamOfFormats,
                         testing::Values(plain, digested, PduFormat{.digests = {.header = true, .data = false}},
                                         PduFormat{.digests = {.header = false, .data = true},
                                                   .data_alignment_bytes = 128}));

/// All bytes of PDUs as one who does not keep to PduStream sends them.
void write_raw(PduStream& stream, std::span<const std::byte> bytes) {
  ASSERT_EQ(::send(stream.socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

std::vector<std::byte> raw_pdu(std::size_t data_bytes, const PduFormat& format) {
  const DataPdu facts{.command_id = 9, .length_bytes = static_cast<std::uint32_t>(data_bytes)};
  const EncodedPdu pdu = encode(facts, Side::host, format);
  return {pdu.bytes().begin(), pdu.bytes().end()};
}

Task<void> receive_one(PduStream& stream, std::vector<std::byte>* data, Error* error) {
  const Result<ReceivedPdu> pdu = co_await stream.receive();
  if (!pdu) {
    *error = pdu.error();
    co_return;
  }
  data->resize(pdu->facts.data_bytes);
  const Status received = co_await stream.receive_data(*data);
  if (!received) *error = received.error();
}

TEST_F(PduStreamTest, TakesAPduThatComesByteByByte) {
  std::vector<std::byte> bytes = raw_pdu(3, plain);
  for (const unsigned value : {1U, 2U, 3U}) bytes.push_back(static_cast<std::byte>(value));
  std::vector<std::byte> data;
  Error error(0, "none");
  loop().spawn(receive_one(*target, &data, &error));
  for (const std::byte& byte : bytes) {
    write_raw(*host, std::span(&byte, 1));
    test::run_void(loop(), one_turn());
  }
  while (data.size() < 3) test::run_void(loop(), one_turn());
  EXPECT_EQ(error.code(), 0);
}

TEST_F(PduStreamTest, EndsBetweenTwoPdusAndWithinOne) {
  struct {
    std::size_t bytes;
    int code;
  } const cases[] = {{0, ENOTCONN}, {5, ECONNRESET}, {20, ECONNRESET}, {24, ECONNRESET}};
  for (const auto& one : cases) {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    PduStream stream(loop(), FileDescriptor(pair[0]), Side::host);
    stream.set_data_max(data_max_bytes);
    const std::vector<std::byte> bytes = raw_pdu(100, plain);
    ASSERT_EQ(::send(pair[1], bytes.data(), one.bytes, 0), static_cast<ssize_t>(one.bytes));
    close(pair[1]);
    std::vector<std::byte> data;
    Error error(0, "none");
    test::run_void(loop(), receive_one(stream, &data, &error));
    EXPECT_EQ(error.code(), one.code) << one.bytes;
  }
}

TEST_F(PduStreamTest, AWrongDigestOfDataDoesNotEndIt) {
  agree(digested);
  std::vector<std::byte> bytes = raw_pdu(4, digested);
  bytes.resize(bytes.size() + 8, std::byte{1});  // data, and a digest that is not its
  write_raw(*host, bytes);
  std::vector<std::byte> data;
  Error error(0, "none");
  test::run_void(loop(), receive_one(*target, &data, &error));
  EXPECT_EQ(error.code(), EBADMSG);
  int result = 1;
  const std::vector<std::byte> more = pattern(4);
  std::vector<Got> got;
  std::vector<Task<void>> tasks;
  tasks.push_back(send_data(*host, 5, more, &result));
  tasks.push_back(receive_data(*target, 1, &got));
  test::run_all(loop(), std::move(tasks));
  EXPECT_EQ(got.at(0).id, 5);
}

TEST_F(PduStreamTest, AWrongDigestOfAHeaderIsFatal) {
  agree(digested);
  std::vector<std::byte> bytes = raw_pdu(4, digested);
  bytes[24] ^= std::byte{1};
  write_raw(*host, bytes);
  std::vector<std::byte> data;
  Error error(0, "none");
  test::run_void(loop(), receive_one(*target, &data, &error));
  EXPECT_EQ(error.code(), EPROTO);
  EXPECT_EQ(target->receiver().fatal_error()->status, FatalStatus::header_digest_error);
  EXPECT_EQ(target->receiver().fatal_header().size(), 24U);
}

TEST_F(PduStreamTest, DataBeyondWhatWasAgreedOnIsFatal) {
  target->set_data_max(4096);
  write_raw(*host, raw_pdu(4097, plain));
  std::vector<std::byte> data;
  Error error(0, "none");
  test::run_void(loop(), receive_one(*target, &data, &error));
  EXPECT_EQ(error.code(), EPROTO);
  EXPECT_EQ(target->receiver().fatal_error()->status, FatalStatus::limit_exceeded);
}

TEST_F(PduStreamTest, ATerminationTellsWhatWasWrong) {
  const std::vector<std::byte> header = raw_pdu(4096, plain);
  const FatalError fatal{FatalStatus::data_out_of_range, 12};
  test::run_void(loop(), target->terminate(fatal, header));
  std::vector<std::byte> offending;
  Error error(0, "none");
  test::run_void(loop(), receive_one(*host, &offending, &error));
  EXPECT_EQ(error.code(), 0);
  EXPECT_EQ(offending, header);
  test::run_void(loop(), receive_one(*host, &offending, &error));
  EXPECT_EQ(error.code(), ENOTCONN);
}

TEST_F(PduStreamTest, ShuttingDownEndsWhoWaits) {
  const std::vector<std::byte> data = pattern(16U << 20);
  std::vector<int> results(3, 1);
  for (int& result : results) loop().spawn(send_data(*host, 1, data, &result));
  std::vector<std::byte> received;
  Error error(0, "none");
  loop().spawn(receive_one(*host, &received, &error));
  test::run_void(loop(), one_turn());
  host->shut_down();
  test::run_void(loop(), wait_idle());
  for (const int result : results) EXPECT_LT(result, 0);
  while (error.code() == 0) test::run_void(loop(), one_turn());
  int later = 1;
  test::run_void(loop(), send_data(*host, 1, data, &later));
  EXPECT_LT(later, 0) << "and every later one";
}

}  // namespace
}  // namespace zonecopy::tcp
