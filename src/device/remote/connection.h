// A queue pair of a controller, as its host sees it: one TCP connection that carries commands there and answers back.
//
// Data comes straight into the memory that a command names, and goes straight out of it, so a command ends only when
// nothing of the connection can touch that memory any more, however it ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "src/device/namespace/namespace_device.h"
#include "src/nvme/fabrics/pdu.h"
#include "src/nvme/fabrics/queue_entry.h"
#include "src/tcp/pdu_stream.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"
#include "zonecopy/sync.h"

namespace zonecopy::remote {

/// The result of a command whose answer did not come, because the connection was lost: whether it was carried out is
/// not known.
inline constexpr std::int32_t result_lost = -ENOTCONN;
/// The data of a read came with a wrong digest.
inline constexpr std::int32_t result_bad_digest = -EBADMSG;

/// The data that the capsule of a command of the admin queue, or of a fabrics command, may carry (NVMe/TCP 1.0, 3.3.2).
inline constexpr std::uint32_t admin_capsule_data_bytes = 8192;
inline constexpr std::uint32_t commands_at_once_max = 1024;

class Connection {
 public:
  struct Options {
    nvme::fabrics::Digests digests;
    std::uint32_t commands_at_once = 31;        ///< at most commands_at_once_max
    std::uint32_t command_max_bytes = 1 << 20;  ///< the most data of one command
  };

  Connection(EventLoop& loop, FileDescriptor socket, const Options& options);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  /// end() has to come before, wherever initialize() was called.
  ~Connection();

  /// Agrees on the form of PDUs (ICReq, ICResp). Commands can be sent afterwards. EPROTO: the other end does not speak
  /// NVMe/TCP as it should.
  Task<Status> initialize();

  /// Sends a command, once there is room in the queue, and waits for its end. `result` may be result_lost or
  /// result_bad_digest. Any number may be under way.
  Task<nvme::Completion> submit(nvme::Command command);

  /// How much data of a command may be in its capsule.
  void set_capsule_data_max(std::uint32_t bytes) { capsule_data_max_bytes_ = bytes; }

  /// The connection is of no use any more: all commands end.
  void lose(Error reason);
  /// Set once it is.
  [[nodiscard]] Event& lost() { return lost_; }
  [[nodiscard]] const std::optional<Error>& reason() const { return reason_; }
  /// Whether a command should have had its answer by `now_ns`.
  [[nodiscard]] bool overdue(std::int64_t now_ns) const;
  /// Ends the connection, and waits for everything that uses it.
  Task<void> end();

 private:
  /// A place in the queue, and the command that has it.
  struct Slot {
    std::uint16_t generation = 0;  ///< changes with each command, so that a late answer does not fit the next one
    bool used = false;
    bool ended = false;
    bool bad_digest = false;
    std::span<std::byte> in;         ///< where the controller's data goes
    std::span<const std::byte> out;  ///< the data for the controller, if it is not in the capsule
    std::uint32_t received_bytes = 0;
    std::uint32_t requested_bytes = 0;  ///< of `out`, by R2Ts
    std::uint32_t transfers = 0;        ///< R2Ts that are being answered
    std::int64_t deadline_ns = 0;
    nvme::Completion completion;
    Event finished;
    Gate sends;
  };
  struct SlotWait;

  [[nodiscard]] std::uint16_t command_id_of(const Slot& slot) const;
  /// Null for an identifier that no command has now.
  [[nodiscard]] Slot* find(std::uint16_t command_id);
  Slot& take_slot();
  void release(Slot& slot);
  static void finish(Slot& slot, nvme::Completion completion);
  Task<Status> agree();
  void forget_unsent();

  Task<void> receive_all();
  Task<Status> handle(tcp::ReceivedPdu pdu);
  static void answer(Slot& slot, nvme::StatusCode status, std::uint64_t result);
  Status handle_response(std::span<const std::byte> header);
  Task<Status> handle_data(tcp::ReceivedPdu pdu);
  Status handle_ready(std::span<const std::byte> header);
  Task<Status> handle_termination(tcp::ReceivedPdu pdu);
  Task<void> send_data(Slot* slot, nvme::fabrics::ReadyToTransfer ready);
  /// Notes what the other end did wrong, of which it is told when the connection ends.
  Status offence(nvme::fabrics::FatalError error, std::span<const std::byte> header, const char* what);

  EventLoop& loop_;
  Options options_;
  std::optional<tcp::PduStream> stream_;  ///< nothing once it has ended
  std::uint32_t capsule_data_max_bytes_ = admin_capsule_data_bytes;
  std::uint32_t host_data_max_bytes_ = 0;  ///< MAXH2CDATA
  std::unique_ptr<Slot[]> slots_;
  std::vector<std::uint16_t> free_;
  WaitList waiting_;  ///< for a slot
  std::optional<Error> reason_;
  Event lost_;
  std::optional<nvme::fabrics::FatalError> offence_;
  std::vector<std::byte> offending_header_;
  Gate work_;  ///< everything that uses the connection
};

}  // namespace zonecopy::remote
