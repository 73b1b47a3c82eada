// A test that has a target on its loop, serving simulated devices, and hosts that are joined to it by pairs of sockets.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "src/target/server.h"
#include "src/target/subsystem.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/target/scripted_host.h"

namespace zonecopy::test {

inline constexpr std::uint32_t served_block_bytes = 4096;
inline constexpr std::uint32_t served_zone_blocks = 16;

class TargetTest : public LoopTest {
 protected:
  ~TargetTest() override;

  /// Serves as many devices. Before the first host; else it is done by that.
  void serve(target::SubsystemOptions options = usual_options(), std::size_t devices = 2,
             target::ServerOptions server_options = {});
  static target::SubsystemOptions usual_options();
  target::Subsystem& subsystem() { return *subsystem_; }
  target::Server& server() { return *server_; }
  SimDevice& device(std::size_t index) { return *devices_.at(index); }

  /// A connection, before its handshake.
  ScriptedHost& new_host();
  /// An admin queue, enabled.
  ScriptedHost& new_admin(ConnectChoice choice = {});
  /// An I/O queue of the controller of the last admin queue.
  ScriptedHost& new_io_queue(std::uint16_t queue_id = 1, ConnectChoice choice = {});
  /// Ends a connection.
  void leave(ScriptedHost& host);
  /// Runs what is ready until `condition` holds.
  void wait_until(const std::function<bool()>& condition);
  /// Ends all hosts and the target; what is left of memory and controllers is an error.
  void stop();

  std::vector<std::string> log;
  std::uint16_t controller_id = 0;

 private:
  Watchdog watchdog_{"a conversation with the target hangs", 120};
  std::vector<SimDevice*> devices_;
  std::unique_ptr<target::Subsystem> subsystem_;
  std::unique_ptr<target::Server> server_;
  std::vector<std::unique_ptr<ScriptedHost>> hosts_;
};

// Commands, by their dwords.
nvme::Command admin_command(std::uint8_t opcode, std::uint32_t cdw10 = 0, std::uint32_t cdw11 = 0,
                            std::uint32_t nsid = 0);
nvme::Command io_command(std::uint8_t opcode, std::uint64_t lba, std::uint32_t cdw12 = 0, std::uint32_t nsid = 1);
HostBytes host_data(std::size_t bytes, unsigned seed = 1);

}  // namespace zonecopy::test
