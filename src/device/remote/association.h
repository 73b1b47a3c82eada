// An association: a controller of the target that this host has for itself, with its admin queue and its I/O queues.
//
// It ends as a whole: when one connection is lost, or nothing answers, it is of no use any more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/device/remote/connection.h"
#include "src/nvme/fabrics/connect.h"
#include "src/nvme/fabrics/dhchap_host.h"
#include "src/nvme/fabrics/identify_encode.h"
#include "src/nvme/fabrics/properties.h"
#include "zonecopy/buffer.h"
#include "zonecopy/cancel.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"

namespace zonecopy::remote {

/// Makes connections to the target. Tests have one of their own.
class Dialer {
 public:
  Dialer() = default;
  virtual ~Dialer() = default;
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  /// A stream socket that is connected. The error names the address.
  virtual Task<Result<FileDescriptor>> dial() = 0;
};

struct AssociationOptions {
  std::string subsystem_nqn;
  std::string host_nqn;
  nvme::fabrics::HostId host_id{};
  /// What both ends prove themselves with; null where this host has no key.
  std::shared_ptr<const nvme::fabrics::dhchap::HostSide> secrets;
  nvme::fabrics::Digests digests;
  std::uint32_t queue_depth = 128;       ///< commands of an I/O queue at once
  std::uint32_t keep_alive_ms = 15'000;  ///< KATO; 0: no keep alive
  std::uint32_t tick_ms = 5'000;         ///< how often is looked for answers that are overdue
  std::uint32_t end_limit_ms = 1'000;    ///< how long the controller is given to end
  bool copy_across = false;              ///< Copy between namespaces is wanted
};

class Association {
 public:
  /// `dialer` must outlive it.
  Association(EventLoop& loop, Dialer& dialer, const AssociationOptions& options);
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;
  /// end() has to come before.
  ~Association() = default;

  /// Connects all queues and starts the controller. abort() ends it. Afterwards, or after an error, end() is due.
  Task<Status> open();

  /// `result` may be result_lost. Identify, features and logs.
  Task<nvme::Completion> admin(nvme::Command command);
  /// `result` may be result_lost or result_bad_digest.
  Task<nvme::Completion> io(nvme::Command command);

  /// Identify Controller as it came, and what it says.
  [[nodiscard]] std::span<const std::byte> identify_data() const { return identify_.span(); }
  [[nodiscard]] const nvme::fabrics::FabricsController& controller() const { return controller_; }
  /// Why Copy between namespaces is not enabled; empty where it is.
  [[nodiscard]] const std::string& copy_across_objection() const { return copy_across_objection_; }

  /// It is of no use any more, for `reason`. Commands end with end().
  void lose(Error reason);
  /// The same, and all connections are cut.
  void abort(Error reason);
  [[nodiscard]] Event& lost() { return lost_; }
  [[nodiscard]] const std::optional<Error>& reason() const { return reason_; }

  /// Ends all commands and connections. Whether the controller itself has said that it has stopped: then none of its
  /// commands is carried out any more.
  Task<bool> end();

 private:
  Task<Status> connect_queue(std::uint16_t queue_id);
  Task<Result<std::uint64_t>> connect_command(Connection& connection, std::uint16_t queue_id,
                                              std::uint32_t commands_at_once);
  Task<Status> enable();
  Task<Status> wait_ready(bool ready, std::int64_t limit_ms);
  Task<Status> identify();
  Task<Status> ask_for_queues();
  Task<void> enable_copy_across();
  Task<Result<std::uint64_t>> get_property(std::uint32_t offset_bytes, bool of_8_bytes);
  Task<Status> set_configuration(nvme::fabrics::Configuration configuration);
  Task<bool> stop_controller();
  Task<void> watch(Connection& connection);
  Task<void> keep_alive();
  Task<void> beat();
  Task<void> limit_end(const CancelToken* done, Gate* gate);
  [[nodiscard]] std::uint32_t commands_at_once() const;
  [[nodiscard]] Error make_error(const nvme::Completion& completion, const char* operation) const;

  EventLoop& loop_;
  Dialer& dialer_;
  AssociationOptions options_;
  std::unique_ptr<Connection> admin_;
  std::unique_ptr<Connection> io_;
  std::uint16_t controller_id_ = nvme::fabrics::any_controller_id;
  nvme::fabrics::Capabilities capabilities_;
  nvme::fabrics::Configuration configuration_;
  Buffer identify_;
  nvme::fabrics::FabricsController controller_;
  std::string copy_across_objection_ = "copies between namespaces were not asked for";
  std::optional<Error> reason_;
  Event lost_;
  CancelToken stopping_;  ///< of keep_alive()
  bool beating_ = false;  ///< a Keep Alive is under way
  Gate work_;
};

}  // namespace zonecopy::remote
