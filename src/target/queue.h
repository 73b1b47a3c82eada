// A queue of a controller, which is a connection: its handshake, its Connect, and its commands.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>

#include "src/nvme/fabrics/pdu.h"
#include "src/target/authentication.h"
#include "src/target/controller.h"
#include "src/target/request.h"
#include "src/target/subsystem.h"
#include "src/tcp/pdu_stream.h"
#include "zonecopy/cancel.h"
#include "zonecopy/sync.h"
#include "zonecopy/task.h"

namespace zonecopy::target {

/// On the loop's thread only.
class Queue final : public QueueHandle {
 public:
  /// `subsystem` must outlive the queue.
  Queue(Subsystem& subsystem, FileDescriptor socket);
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() = default;

  /// Serves the connection until it has ended, and all its commands with it. To be awaited once, before the queue is
  /// destroyed. The end of an admin queue is that of its controller.
  Task<void> run();

  void shut_down() override;
  [[nodiscard]] bool peer_gone() const override;
  [[nodiscard]] tcp::Address local_address() const override { return tcp::address_of(stream_.socket()); }

  /// Takes no more commands; those that are under way are completed, and their responses sent.
  void stop();
  /// Ends the connection of a host that keeps the target waiting for longer than `limit_ms`: for a Connect, the end of
  /// authentication, or data that it was told to send.
  void check_deadlines(std::int64_t now_ms, std::int64_t limit_ms);

 private:
  // The connection (queue.cpp).
  Task<bool> shake_hands();
  Task<bool> take_next();
  Task<bool> take_command(tcp::ReceivedPdu pdu);
  Task<bool> take_data(tcp::ReceivedPdu pdu);
  Task<Request*> free_request();
  Task<bool> receive_capsule_data(Request& request, std::uint32_t bytes);
  Task<bool> reject(nvme::fabrics::FatalError error, std::span<const std::byte> header);
  Task<void> end();
  void hold_event_request(Request& request);
  [[nodiscard]] bool waits_too_long(std::int64_t now_ms, std::int64_t limit_ms) const;

  // Its commands (queue_command.cpp).
  Task<void> handle(Request& request);
  Task<bool> get_data(Request& request);
  Task<Outcome> carry_out(Request& request);
  Task<Outcome> carry_out_fabrics(Request& request);
  Task<Outcome> carry_out_io(Request& request);
  Task<Outcome> connect_this(Request& request);
  Outcome authenticate(Request& request);
  Task<void> respond(Request& request, Outcome outcome);
  [[nodiscard]] Transfer transfer_of(const nvme::Command& command) const;
  [[nodiscard]] Transfer fabrics_transfer_of(const nvme::Command& command) const;
  [[nodiscard]] bool is_admin() const { return queue_id_ == 0; }
  [[nodiscard]] bool proven() const { return !authentication_ || authentication_->done(); }
  void count(const Request& request, const Outcome& outcome);
  [[nodiscard]] std::uint16_t sq_head() const;

  Subsystem& subsystem_;
  tcp::PduStream stream_;
  Controller* controller_ = nullptr;
  std::unique_ptr<Authentication> authentication_;
  std::uint16_t queue_id_ = 0;
  std::uint32_t entries_ = 1;      ///< 1 until Connect has said how many
  std::uint32_t outstanding_ = 0;  ///< commands without a response
  std::uint32_t events_held_ = 0;  ///< of these, Asynchronous Event Requests
  std::uint32_t head_ = 0;         ///< SQHD
  bool sq_flow_control_ = true;
  bool closes_ = false;  ///< after a Disconnect, or an authentication that failed
  RequestTable requests_;
  std::bitset<65536> command_ids_;  ///< those without a response
  Gate commands_;
  CancelToken cancel_;
  bool ending_ = false;
  bool stopping_ = false;
  std::int64_t began_ms_;
};

}  // namespace zonecopy::target
