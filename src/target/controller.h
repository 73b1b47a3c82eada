// A controller: what one host has been given, from the Connect of its admin queue to the end of that connection.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/nvme/fabrics/connect.h"
#include "src/nvme/fabrics/properties.h"
#include "src/nvme/host_behavior.h"
#include "src/target/command_memory.h"
#include "src/target/namespace.h"
#include "src/tcp/address.h"
#include "zonecopy/sync.h"

namespace zonecopy::target {

enum class ControllerKind : std::uint8_t { io, discovery };

/// What a controller may ask of one of its queues.
class QueueHandle {
 public:
  /// Ends the connection. Commands under way are cancelled or completed; their responses are lost.
  virtual void shut_down() = 0;
  /// Whether the host has closed its end, or the connection has failed, even if nothing was received from it since.
  [[nodiscard]] virtual bool peer_gone() const = 0;
  /// The address that the host has connected to.
  [[nodiscard]] virtual tcp::Address local_address() const = 0;

 protected:
  ~QueueHandle() = default;
};

struct ControllerFacts {
  ControllerId id = 0;
  ControllerKind kind = ControllerKind::io;
  nvme::fabrics::ConnectData host;
  std::uint32_t keep_alive_ms = 0;
  std::uint16_t io_queues_max = 0;
  std::uint16_t queue_entries_max = 0;
  std::uint64_t memory_bytes = 0;  ///< that its commands may hold at once
};

/// On the loop's thread only.
class Controller {
 public:
  explicit Controller(ControllerFacts facts);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;
  ~Controller() = default;

  [[nodiscard]] ControllerId id() const { return facts_.id; }
  [[nodiscard]] ControllerKind kind() const { return facts_.kind; }
  [[nodiscard]] const nvme::fabrics::ConnectData& host() const { return facts_.host; }
  [[nodiscard]] bool same_host(const nvme::fabrics::ConnectData& other) const {
    return host().host_id == other.host_id && host().host_nqn == other.host_nqn;
  }

  // Properties.
  [[nodiscard]] std::uint64_t capabilities() const;
  [[nodiscard]] std::uint32_t configuration() const { return configuration_; }
  [[nodiscard]] std::uint32_t status() const { return nvme::fabrics::encode_status(status_); }
  /// Whether it takes commands other than those of fabrics.
  [[nodiscard]] bool ready() const { return status_.ready && !disabling_ && !ending_; }

  /// What a new value of CC asks for.
  enum class Change : std::uint8_t { none, enable, disable, shut_down };
  /// Takes the value. Nothing for one that cannot be: INVALID FIELD. Of what is asked for, enable is done at once; for the
  /// others see disabled() and shut_down_complete().
  [[nodiscard]] std::optional<Change> configure(std::uint32_t value);
  void disabled();            ///< its I/O queues are gone
  void shut_down_complete();  ///< all caches are flushed

  // Features.
  std::uint32_t asynchronous_event_configuration = 0;
  std::uint16_t io_queues;  ///< as many as it may have
  std::array<std::byte, nvme::host_behavior_size_bytes> host_behavior{};

  /// What its commands may have of the target's memory.
  [[nodiscard]] MemoryShare& memory() { return memory_; }

  // Keep alive.
  [[nodiscard]] std::uint32_t keep_alive_ms() const { return facts_.keep_alive_ms; }
  void set_keep_alive_ms(std::uint32_t limit_ms) { facts_.keep_alive_ms = limit_ms; }
  /// A command has come.
  void note_sign_of_life() { heard_ = true; }
  /// Whether the host has said nothing for too long. To be asked from time to time.
  [[nodiscard]] bool silent_for_too_long(std::int64_t now_ms);

  // Queues.
  void attach(std::uint16_t queue_id, QueueHandle& queue);
  void detach(std::uint16_t queue_id);
  [[nodiscard]] QueueHandle* queue(std::uint16_t queue_id) const;
  void shut_down_io_queues();
  /// The event to await until it has no I/O queues.
  [[nodiscard]] Event& io_queues_gone() { return io_queues_.drained(); }
  /// It takes no more queues and commands: its admin queue is gone.
  void end() { ending_ = true; }
  [[nodiscard]] bool ending() const { return ending_; }

 private:
  [[nodiscard]] bool valid(const nvme::fabrics::Configuration& configuration) const;

  ControllerFacts facts_;
  MemoryShare memory_;
  std::uint32_t configuration_ = 0;
  nvme::fabrics::ControllerStatus status_;
  std::map<std::uint16_t, QueueHandle*> queues_;
  Gate io_queues_;
  bool heard_ = true;
  std::int64_t last_heard_ms_ = 0;
  bool disabling_ = false;  ///< until its I/O queues are gone; it takes no new ones
  bool ending_ = false;
};

}  // namespace zonecopy::target
