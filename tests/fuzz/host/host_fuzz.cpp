// Feeds what a controller might say to the host's end of a connection: it must not crash, hang, leak, or write where it was
// not asked to. Run it under ASan and UBSan (preset dev).
//
//     host_fuzz [--inputs N] [--seed S]      an input is made from S and its number alone
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "src/device/remote/connection.h"
#include "tests/fuzz/host/conversation.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/random.h"

namespace zonecopy::test {
namespace {

constexpr std::uint32_t data_bytes = 12288;  // more than the capsule of this connection takes
constexpr std::size_t commands = 6;
constexpr std::byte guard{0xa5};

/// The memory of a command: a guard stands before it, and its end is the end of what ASan knows.
struct Place {
  std::vector<std::byte> bytes = std::vector<std::byte>(2 * data_bytes, guard);
  [[nodiscard]] std::span<std::byte> data() { return std::span(bytes).subspan(data_bytes); }
  [[nodiscard]] bool guard_holds() const {
    return std::all_of(bytes.begin(), bytes.begin() + data_bytes, [](std::byte byte) { return byte == guard; });
  }
};

/// How far conversations came: a fuzzer whose inputs all end at the first PDU finds nothing.
struct Tally {
  std::uint64_t agreed = 0;    ///< ICReq and ICResp
  std::uint64_t answered = 0;  ///< commands
};

Task<void> send_command(remote::Connection* connection, std::uint8_t opcode, std::span<std::byte> data, Tally* tally,
                        Gate* gate) {
  const GatePass pass(*gate);
  nvme::Command command;
  command.opcode = opcode;
  command.addr = reinterpret_cast<std::uintptr_t>(data.data());
  command.data_len = static_cast<std::uint32_t>(data.size());
  const nvme::Completion completion = co_await connection->submit(command);
  if (completion.result == 0) ++tally->answered;
}

/// What is said is shorter than what a socket keeps, so this does not wait for the host.
void say(int socket, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t said = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (said <= 0) return;
    bytes = bytes.subspan(static_cast<std::size_t>(said));
  }
}

/// Reads until the host is done, as a controller that does not care for what it hears.
Task<void> hear(EventLoop* loop, int socket, Gate* gate) {
  const GatePass pass(*gate);
  std::array<std::byte, 4096> heard{};
  for (std::int32_t got = 1; got > 0;) got = co_await loop->read(socket, heard, 0);
}

Task<bool> converse(EventLoop* loop, const Conversation* conversation, std::vector<Place>* places, Tally* tally) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
  const FileDescriptor controller(pair[1]);
  remote::Connection::Options options;
  options.digests = conversation->digests;
  options.commands_at_once = commands;
  options.command_max_bytes = data_bytes;
  remote::Connection connection(*loop, FileDescriptor(pair[0]), options);
  connection.set_capsule_data_max(4096);
  Gate gate;
  loop->spawn(hear(loop, controller.get(), &gate));
  say(controller.get(), conversation->greeting);
  if (conversation->greeting.size() < 128) ::shutdown(controller.get(), SHUT_WR);
  const Status initialized = co_await connection.initialize();
  if (initialized) {
    ++tally->agreed;
    for (std::size_t i = 0; i < commands; ++i) {
      const std::uint8_t opcode = i % 2 == 0 ? 0x02 : 0x01;
      loop->spawn(send_command(&connection, opcode, (*places)[i].data(), tally, &gate));
    }
    say(controller.get(), conversation->answers);
    ::shutdown(controller.get(), SHUT_WR);
    // The controller says no more, so every command ends: by its answer, or with the connection.
    Event& lost = connection.lost();
    co_await lost;
  }
  co_await connection.end();
  Event& quiet = gate.drained();
  co_await quiet;
  co_return true;
}

/// The identifiers that a connection gives its first commands: place in the queue, and how often it was used.
std::vector<std::uint16_t> first_command_ids() {
  std::vector<std::uint16_t> ids;
  for (std::uint16_t i = 0; i < commands; ++i) ids.push_back(static_cast<std::uint16_t>(i | 1U << 10));
  return ids;
}

void run_one(EventLoop& loop, std::uint64_t seed, std::uint64_t number, std::vector<Place>& places, Tally& tally) {
  Random random(seed * 0x9e3779b97f4a7c15U + number);
  const Conversation conversation = make_conversation(random, first_command_ids(), data_bytes);
  const Watchdog watchdog("host_fuzz --seed " + std::to_string(seed) + ", input " + std::to_string(number), 120);
  loop.run(converse(&loop, &conversation, &places, &tally));
  for (const Place& place : places) {
    if (place.guard_holds()) continue;
    std::fprintf(stderr, "seed %llu, input %llu: memory outside the command's was written to\n",
                 static_cast<unsigned long long>(seed), static_cast<unsigned long long>(number));
    std::exit(1);
  }
}

}  // namespace
}  // namespace zonecopy::test

int main(int argc, char** argv) {
  std::uint64_t inputs = 10'000;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 0);
    if (std::strcmp(argv[i], "--inputs") == 0) inputs = value;
    if (std::strcmp(argv[i], "--seed") == 0) seed = value;
  }
  const auto loop = zonecopy::test::make_loop();
  std::vector<zonecopy::test::Place> places(zonecopy::test::commands);
  zonecopy::test::Tally tally;
  for (std::uint64_t number = 0; number < inputs; ++number) {
    zonecopy::test::run_one(*loop, seed, number, places, tally);
  }
  std::printf("%llu inputs from seed %llu: %llu hosts and controllers agreed, %llu commands were answered\n",
              static_cast<unsigned long long>(inputs), static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(tally.agreed), static_cast<unsigned long long>(tally.answered));
  return inputs < 1000 || tally.answered >= inputs / 8 ? 0 : 1;
}
