// The subsystem that a target serves: its name, its namespaces, which hosts it is for, and their controllers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/connect.h"
#include "src/target/authentication.h"
#include "src/target/command_memory.h"
#include "src/target/controller.h"
#include "src/target/namespace.h"
#include "src/target/statistics.h"
#include "zonecopy/copy_pace.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::target {

struct SubsystemOptions {
  std::string nqn;
  std::vector<std::string> host_nqns;  ///< the hosts that may connect; empty: any
  std::string serial_number;
  std::uint16_t io_queues_max = 16;       ///< of one controller
  std::uint16_t queue_entries_max = 128;  ///< of one queue, at least 32
  std::uint16_t controllers_max = 256;
  /// One host may use several paths. Linux makes a multipath device of a namespace then, which in 6.12 shows no limits of
  /// open zones, and does not survive that the last path of a zone being written is lost. Hosts on different machines
  /// need not have it.
  bool multipath = false;
  AuthenticationFactory authenticate;  ///< empty: hosts need not prove who they are
  /// Gets lines for an operator. May be empty.
  std::function<void(const std::string&)> log;
};

/// The most data that a command may have in its capsule.
inline constexpr std::uint32_t in_capsule_max_bytes = 8192;

/// A namespace and the name by which hosts know it wherever they see it.
struct NamedNamespace {
  std::unique_ptr<Namespace> space;
  std::array<std::byte, 16> uuid{};
};

/// On the loop's thread only. Its controllers must have ended before it is destroyed.
class Subsystem {
 public:
  /// The NSIDs of `namespaces` ascend.
  Subsystem(EventLoop& loop, SubsystemOptions options, std::vector<NamedNamespace> namespaces);
  Subsystem(const Subsystem&) = delete;
  Subsystem& operator=(const Subsystem&) = delete;
  ~Subsystem() = default;

  [[nodiscard]] const SubsystemOptions& options() const { return options_; }
  [[nodiscard]] EventLoop& loop() { return loop_; }
  [[nodiscard]] CommandMemory& memory() { return memory_; }
  [[nodiscard]] std::int64_t now_ms() const;
  void log(const std::string& text) const;

  // Namespaces.
  [[nodiscard]] std::span<Namespace* const> namespaces() const { return spaces_; }
  [[nodiscard]] Namespace* find_namespace(std::uint32_t nsid) const;
  [[nodiscard]] const std::array<std::byte, 16>& uuid_of(const Namespace& space) const;
  [[nodiscard]] std::uint32_t nsid_max() const { return spaces_.empty() ? 0 : spaces_.back()->nsid(); }
  [[nodiscard]] std::uint32_t max_transfer_bytes() const { return max_transfer_bytes_; }
  [[nodiscard]] std::uint32_t max_append_bytes() const { return max_append_bytes_; }
  /// Flushes all of them; the outcome is that of the first that fails.
  Task<Outcome> flush_all();

  // Hosts and controllers.
  [[nodiscard]] bool allows(const std::string& host_nqn) const;
  [[nodiscard]] Controller* find_controller(ControllerId id) const;
  [[nodiscard]] std::vector<std::uint16_t> controller_ids() const;
  /// A new controller; null where there are too many. See settle() first.
  Controller* create_controller(ControllerKind kind, const nvme::fabrics::ConnectData& host,
                                std::uint32_t keep_alive_ms);
  /// Waits until every controller of the same host whose admin connection is broken has ended, with all its commands. A
  /// host that connects again relies on that: what it had sent over the old connection is not carried out any more.
  Task<void> settle(const nvme::fabrics::ConnectData& host);
  /// Ends a controller whose admin queue has no command under way any more: ends its other queues, waits for them, and
  /// has its zones closed. Destroys it.
  Task<void> end_controller(Controller& controller);
  /// Ends the connections of controllers whose hosts have been silent for too long.
  void check_keep_alive();

  [[nodiscard]] Statistics& counters() { return counters_; }
  /// The counters, and what others count.
  [[nodiscard]] Statistics statistics() const;

 private:
  [[nodiscard]] bool must_settle(const nvme::fabrics::ConnectData& host) const;
  ControllerId next_id();

  EventLoop& loop_;
  SubsystemOptions options_;
  std::vector<NamedNamespace> namespaces_;
  std::vector<Namespace*> spaces_;
  std::uint32_t max_transfer_bytes_;
  std::uint32_t max_append_bytes_;
  CommandMemory memory_;
  LoopTimer clock_;
  std::int64_t began_ms_;
  std::map<ControllerId, std::unique_ptr<Controller>> controllers_;
  ControllerId last_id_ = 0;
  Event controller_ended_;
  Statistics counters_;
};

}  // namespace zonecopy::target
