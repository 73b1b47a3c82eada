// Feeds the target what hosts may send: each input is a connection whose bytes are made by chance. A crash, a hang, memory
// that is not given back, or a controller that a broken conversation takes along is a failure, whose seed is printed.
//
//   target_fuzz [--inputs N] [--seed S]     the inputs have the seeds S, S + 1, …
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/connect.h"
#include "src/nvme/fabrics/pdu.h"
#include "src/nvme/fabrics/properties.h"
#include "src/target/server.h"
#include "src/target/subsystem.h"
#include "tests/fuzz/target/conversation.h"
#include "tests/support/device/sim_device.h"
#include "zonecopy/sync.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace zonecopy::test {
namespace {

constexpr const char* nqn = "nqn.2014-08.org.example:target";
constexpr unsigned hang_seconds = 60;
std::uint64_t current_seed = 0;  // a signal handler prints it

void print_seed() {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "target_fuzz --inputs 1 --seed %llu\n",
                                   static_cast<unsigned long long>(current_seed));
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), static_cast<std::size_t>(length));
}

void hangs(int) {
  print_seed();
  _exit(1);
}

std::unique_ptr<target::Namespace> make_namespace(EventLoop& loop, std::uint32_t nsid) {
  SimSpec spec;
  spec.layout = "SSSSSSSS";
  spec.block_size_bytes = 4096;
  spec.zone_size_blocks = 16;
  spec.zone_capacity_blocks = 16;
  spec.max_transfer_bytes = 64U << 10;
  spec.max_append_bytes = 16U << 10;
  spec.resource_limits = {.max_open_zones = 3, .max_active_zones = 4};
  spec.max_delay = 1;
  spec.right_host = false;
  auto device = std::make_unique<SimDevice>(spec);
  return std::move(*loop.run(target::Namespace::open(loop, nsid, std::move(device), {})));
}

Task<bool> turn() {
  co_await Yield();
  co_return true;
}

/// Says everything, hears until nothing more comes, and leaves.
Task<bool> converse(target::Server& server, target::Subsystem& subsystem, std::vector<std::byte> said) {
  constexpr int quiet_turns = 12;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) std::abort();
  FileDescriptor own(pair[0]);
  const std::uint64_t before = subsystem.statistics().connections;
  server.serve(FileDescriptor(pair[1]));
  std::array<std::byte, 65536> heard;
  std::size_t sent = 0;
  for (int quiet = 0; quiet < quiet_turns;) {
    const ssize_t went = send(own.get(), said.data() + sent, said.size() - sent, MSG_NOSIGNAL);
    const ssize_t came = recv(own.get(), heard.data(), heard.size(), 0);
    if (went > 0) sent += static_cast<std::size_t>(went);
    if (came == 0) break;
    quiet = went > 0 || came > 0 ? 0 : quiet + 1;
    co_await Yield();
  }
  own = FileDescriptor();
  while (subsystem.statistics().connections != before) co_await Yield();
  co_return true;
}

/// A controller that stays, for I/O queues to join.
class Resident {
 public:
  Resident(EventLoop& loop, target::Server& server) : loop_(loop) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
    own_ = FileDescriptor(pair[0]);
    server.serve(FileDescriptor(pair[1]));
  }
  /// Its number.
  std::uint16_t come_in();
  /// Whether it still gets an answer.
  bool alive();

 private:
  struct Reply {
    nvme::StatusCode status = 0xffff;
    std::uint64_t result = 0;
  };
  Reply ask(const nvme::Command& command, std::span<const std::byte> data);
  std::vector<std::byte> receive(std::size_t bytes);
  void say(const nvme::fabrics::EncodedPdu& pdu, std::span<const std::byte> data);

  EventLoop& loop_;
  FileDescriptor own_;
};

int run(std::uint64_t inputs, std::uint64_t seed) {
  const std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create({}));
  std::vector<target::NamedNamespace> namespaces;
  for (std::uint32_t nsid = 1; nsid <= 2; ++nsid) namespaces.push_back({make_namespace(*loop, nsid), {}});
  target::SubsystemOptions options;
  options.nqn = nqn;
  target::Subsystem subsystem(*loop, std::move(options), std::move(namespaces));
  target::Server server(subsystem, {});
  std::uint64_t failures = 0;
  {
    Resident resident(*loop, server);
    Conversing with{
        .subsystem_nqn = nqn, .controller_id = resident.come_in(), .queue_id = 1, .blocks = 128, .namespaces = 2};
    for (std::uint64_t i = 0; i < inputs; ++i) {
      current_seed = seed + i;
      alarm(hang_seconds);
      Random random(current_seed);
      loop->run(converse(server, subsystem, make_conversation(random, with)));
      const bool left = subsystem.memory().lent_bytes() != 0 || subsystem.statistics().controllers != 1;
      if (!left && (i % 256 != 0 || resident.alive())) continue;
      ++failures;
      fmt::print(stderr, "{} bytes of memory and {} controllers are left\n", subsystem.memory().lent_bytes(),
                 subsystem.statistics().controllers);
      print_seed();
      break;
    }
  }
  loop->run(server.stop());
  const target::Statistics statistics = subsystem.statistics();
  fmt::print("{} inputs from seed {}: {} terminations, {} commands carried out, {} refused\n", inputs, seed,
             statistics.terminations,
             statistics.admin_commands + statistics.reads + statistics.writes + statistics.appends + statistics.copies +
                 statistics.zone_sends + statistics.zone_receives + statistics.flushes + statistics.write_zeroes,
             statistics.failed_commands);
  return failures == 0 ? 0 : 1;
}

void Resident::say(const nvme::fabrics::EncodedPdu& pdu, std::span<const std::byte> data) {
  for (const std::span<const std::byte> part : {pdu.bytes(), data}) {
    if (!part.empty() && send(own_.get(), part.data(), part.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(part.size()))
      return;
  }
}

std::vector<std::byte> Resident::receive(std::size_t bytes) {
  std::vector<std::byte> received(bytes);
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t came = recv(own_.get(), received.data() + have, bytes - have, MSG_DONTWAIT);
    if (came == 0) return {};
    if (came > 0) have += static_cast<std::size_t>(came);
    loop_.run(turn());
  }
  return received;
}

Resident::Reply Resident::ask(const nvme::Command& command, std::span<const std::byte> data) {
  using namespace nvme::fabrics;
  SubmissionEntry entry{.command = command, .command_id = 1, .sgl = {}};
  entry.sgl = {0, static_cast<std::uint32_t>(data.size()), data.empty() ? sgl_transport : sgl_in_capsule};
  say(encode(entry, static_cast<std::uint32_t>(data.size()), {}), data);
  const std::vector<std::byte> response = receive(24);
  if (response.size() != 24) return {};
  const CompletionEntry completion = decode_response(response);
  return {completion.status, completion.result};
}

std::uint16_t Resident::come_in() {
  using namespace nvme::fabrics;
  say(encode(IcRequest{}), {});
  receive(128);
  ConnectData names{.host_id = {},
                    .controller_id = any_controller_id,
                    .subsystem_nqn = nqn,
                    .host_nqn = "nqn.2014-08.org.example:host"};
  names.host_id.back() = std::byte{1};
  const auto data = encode_connect_data(names);
  const Reply connected = ask(connect_command({.queue_size = 31, .attributes = 4}), data);
  const Reply enabled = ask(property_set(property_configuration, 0x0046'0061), {});
  if (connected.status != 0 || enabled.status != 0) std::abort();
  return static_cast<std::uint16_t>(connected.result);
}

bool Resident::alive() {
  nvme::Command keep_alive;
  keep_alive.opcode = 0x18;
  return ask(keep_alive, {}).status == 0;
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

}  // namespace
}  // namespace zonecopy::test

int main(int argc, char** argv) {
  std::uint64_t inputs = 10'000;
  std::uint64_t seed = std::random_device{}();
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--inputs") == 0) inputs = zonecopy::test::number(argv[i + 1]);
    if (std::strcmp(argv[i], "--seed") == 0) seed = zonecopy::test::number(argv[i + 1]);
  }
  std::signal(SIGALRM, zonecopy::test::hangs);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(zonecopy::test::print_seed);
#endif
  return zonecopy::test::run(inputs, seed);
}
