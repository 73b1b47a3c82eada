#include "tests/support/target/target_test.h"

#include <sys/socket.h>

namespace zonecopy::test {
namespace {

SimSpec spec_of(std::size_t index) {
  SimSpec spec;
  spec.layout = "SSSSSSSS";
  spec.block_size_bytes = served_block_bytes;
  spec.zone_size_blocks = served_zone_blocks;
  spec.zone_capacity_blocks = served_zone_blocks - 4;
  spec.max_transfer_bytes = 64U << 10;
  spec.max_append_bytes = 16U << 10;
  spec.right_host = false;
  spec.seed = index + 1;
  return spec;
}

Task<void> wait_for(const std::function<bool()>* condition) {
  while (!(*condition)()) co_await Yield();
}

}  // namespace

TargetTest::~TargetTest() { stop(); }

target::SubsystemOptions TargetTest::usual_options() {
  target::SubsystemOptions options;
  options.nqn = ConnectChoice{}.subsystem;
  options.serial_number = "01234567890123456789";
  return options;
}

void TargetTest::serve(target::SubsystemOptions options, std::size_t devices, target::ServerOptions server_options) {
  std::vector<target::NamedNamespace> namespaces;
  for (std::size_t i = 0; i < devices; ++i) {
    auto device = std::make_unique<SimDevice>(spec_of(i));
    devices_.push_back(device.get());
    Result<std::unique_ptr<target::Namespace>> space =
        run(target::Namespace::open(loop(), static_cast<std::uint32_t>(i + 1), std::move(device), {}));
    ASSERT_TRUE(space.ok()) << space.error().to_string();
    target::NamedNamespace named{std::move(*space), {}};
    named.uuid.fill(static_cast<std::byte>(i + 1));
    namespaces.push_back(std::move(named));
  }
  options.log = [this](const std::string& text) { log.push_back(text); };
  subsystem_ = std::make_unique<target::Subsystem>(loop(), std::move(options), std::move(namespaces));
  server_ = std::make_unique<target::Server>(*subsystem_, server_options);
}

ScriptedHost& TargetTest::new_host() {
  if (!server_) serve();
  int pair[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  server_->serve(FileDescriptor(pair[1]));
  hosts_.push_back(std::make_unique<ScriptedHost>(loop(), FileDescriptor(pair[0])));
  return *hosts_.back();
}

ScriptedHost& TargetTest::new_admin(ConnectChoice choice) {
  ScriptedHost& host = new_host();
  controller_id = run(host.come_in(std::move(choice)));
  return host;
}

ScriptedHost& TargetTest::new_io_queue(std::uint16_t queue_id, ConnectChoice choice) {
  choice.queue_id = queue_id;
  choice.controller_id = controller_id;
  ScriptedHost& host = new_host();
  run(host.come_in(std::move(choice)));
  return host;
}

void TargetTest::leave(ScriptedHost& host) { run_void(loop(), host.leave()); }

void TargetTest::wait_until(const std::function<bool()>& condition) { run_void(loop(), wait_for(&condition)); }

void TargetTest::stop() {
  for (const auto& host : hosts_) leave(*host);
  hosts_.clear();
  if (!server_) return;
  const target::Outcome flushed = run(server_->stop());
  EXPECT_EQ(flushed.status, 0);
  EXPECT_EQ(subsystem_->memory().lent_bytes(), 0U);
  EXPECT_EQ(subsystem_->statistics().controllers, 0U);
  EXPECT_EQ(subsystem_->statistics().connections, 0U);
  server_.reset();
  subsystem_.reset();
  devices_.clear();
}

nvme::Command admin_command(std::uint8_t opcode, std::uint32_t cdw10, std::uint32_t cdw11, std::uint32_t nsid) {
  nvme::Command command;
  command.opcode = opcode;
  command.nsid = nsid;
  command.cdw10 = cdw10;
  command.cdw11 = cdw11;
  return command;
}

nvme::Command io_command(std::uint8_t opcode, std::uint64_t lba, std::uint32_t cdw12, std::uint32_t nsid) {
  nvme::Command command =
      admin_command(opcode, static_cast<std::uint32_t>(lba), static_cast<std::uint32_t>(lba >> 32U), nsid);
  command.cdw12 = cdw12;
  return command;
}

HostBytes host_data(std::size_t bytes, unsigned seed) {
  HostBytes data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(seed + i * 7 + i / 253);
  return data;
}

}  // namespace zonecopy::test
