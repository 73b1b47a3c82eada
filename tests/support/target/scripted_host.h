// A host for tests of the target: one end of a pair of sockets, and the PDUs that a test wants to send over it, right or
// wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "src/nvme/fabrics/connect.h"
#include "src/nvme/fabrics/pdu.h"
#include "src/tcp/pdu_stream.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/task.h"

namespace zonecopy::test {

using HostBytes = std::vector<std::byte>;

/// How a command ended.
struct Answer {
  nvme::StatusCode status = 0xffff;  ///< 0xffff: not at all, since the connection has ended
  std::uint64_t result = 0;
  bool do_not_retry = false;
  bool by_data = false;  ///< the data said that it ended well (SUCCESS), and there was no response
  std::uint16_t sq_head = 0;
  HostBytes data;
};

struct ConnectChoice {
  std::string subsystem = "nqn.2014-08.org.example:target";
  std::string host = "nqn.2014-08.org.example:host";
  std::uint16_t queue_id = 0;
  std::uint16_t controller_id = 0xffff;
  std::uint16_t entries = 32;
  std::uint8_t attributes = nvme::fabrics::connect_no_sq_flow_control;
  std::uint32_t keep_alive_ms = 0;
  std::uint16_t record_format = 0;
  unsigned host_number = 1;  ///< makes the host identifier
};

class ScriptedHost {
 public:
  ScriptedHost(EventLoop& loop, FileDescriptor socket)
      : stream_(loop, std::move(socket), nvme::fabrics::Side::controller) {}

  /// What goes first. False: the target has ended the connection.
  Task<bool> shake_hands(nvme::fabrics::Digests digests = {}, std::uint8_t host_alignment = 0);
  Task<Answer> connect(ConnectChoice choice = {});

  /// Sends a command and waits for its end; `data` goes in the capsule, or when the target asks for it.
  Task<Answer> send(nvme::Command command, HostBytes data = {}, std::uint32_t length_bytes = 0, bool in_capsule = true);
  /// The two halves of it.
  Task<std::uint16_t> submit(nvme::Command command, HostBytes data, std::uint32_t length_bytes, bool in_capsule);
  Task<Answer> wait_for(std::uint16_t command_id, HostBytes data);

  /// Any PDU that is made by encode().
  Task<void> put(nvme::fabrics::EncodedPdu pdu, HostBytes data = {});
  /// Any bytes.
  void put_raw(std::span<const std::byte> bytes);
  /// The next R2T; nothing if something else comes.
  Task<std::optional<nvme::fabrics::ReadyToTransfer>> ready();
  /// Waits for the end of the connection; what the target has said about it.
  Task<std::optional<nvme::fabrics::FatalError>> ended();

  Task<Answer> property_get(std::uint32_t offset, bool of_8_bytes = false);
  Task<Answer> property_set(std::uint32_t offset, std::uint32_t value);
  /// Connect and CC.EN: what a host does before anything else.
  Task<std::uint16_t> come_in(ConnectChoice choice = {});

  [[nodiscard]] tcp::PduStream& stream() { return stream_; }
  /// Ends the connection, and waits until nothing is under way.
  Task<void> leave();

 private:
  [[nodiscard]] nvme::fabrics::EncodedPdu command_pdu(const nvme::Command& command, std::uint16_t command_id,
                                                      std::uint32_t data_bytes, std::uint32_t length_bytes) const;

  tcp::PduStream stream_;
  std::uint16_t next_id_ = 1;
};

}  // namespace zonecopy::test
