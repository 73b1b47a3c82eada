// A namespace of the target: one zoned device, behind the I/O commands of the NVM and the Zoned Namespace command set.
//
// It knows no queues, capsules or hosts. Whoever has decoded a command asks transfer_of() how much data belongs to it,
// and which way, brings the data, and has carry_out() do the command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/nvme/command.h"
#include "src/nvme/status_code.h"
#include "zonecopy/buffer.h"
#include "zonecopy/cancel.h"
#include "zonecopy/copy.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/keyed_locks.h"
#include "zonecopy/sync.h"
#include "zonecopy/task.h"
#include "zonecopy/zone_state.h"

namespace zonecopy::nvme {
struct BlockCommand;
}

namespace zonecopy::target {

using ControllerId = std::uint16_t;  ///< CNTLID

enum class DataDirection : std::uint8_t {
  none,
  to_controller,  ///< host to controller: Write, Zone Append, Copy's list of ranges
  to_host,        ///< controller to host: Read, Zone Management Receive
};

/// The data that a command implies (its SGL must have room for exactly that), or why the command is refused before any
/// data moves.
struct Transfer {
  nvme::StatusCode status = 0;  ///< not 0: complete the command with it, Do Not Retry set
  DataDirection direction = DataDirection::none;
  std::uint32_t length_bytes = 0;
};

/// What a completion queue entry says of a command.
struct Outcome {
  std::uint64_t result = 0;  ///< DW0, and DW1 in the upper half
  nvme::StatusCode status = 0;
  bool do_not_retry = false;
  std::string cause;  ///< for the log, where the device failed; empty where the command itself is to blame
};

/// What the operator chose. A field that is 0 leaves the choice to the namespace.
struct NamespaceOptions {
  bool read_only = false;
  bool emulate_copies = false;           ///< copies read and write, also where the device copies by itself
  CopyLimits copy_limits;                ///< MSSRL (at most 65535), MCL, and MSRC + 1 (at most 256)
  std::uint32_t max_transfer_bytes = 0;  ///< MDTS
  std::uint32_t max_append_bytes = 0;    ///< ZASL
};

/// What Identify tells. It does not change.
struct NamespaceFacts {
  std::uint32_t block_size_bytes = 0;
  std::uint64_t size_blocks = 0;       ///< NSZE and NCAP: whole zones
  std::uint64_t zone_size_blocks = 0;  ///< ZSZE
  std::uint32_t zone_count = 0;
  ResourceLimits resource_limits;        ///< MOR and MAR
  CopyLimits copy_limits;                ///< MSSRL, MCL, and MSRC + 1
  std::uint32_t max_transfer_bytes = 0;  ///< for MDTS: a power of two, at least 4096
  std::uint32_t max_append_bytes = 0;    ///< for ZASL: a power of two, at least 4096, at most max_transfer_bytes
  bool read_only = false;                ///< for NSATTR
  bool append_by_write = false;          ///< the device has no Zone Append, the namespace has
  bool reads_across_zones = true;        ///< for OZCS: Read and the ranges of Copy may cross zone boundaries
  /// What an operator should know, one sentence each: "the zone size is not a power of two: …".
  std::vector<std::string> remarks;
};

/// An I/O command that namespaces carry out, for the effects log and ONCS. All others are Invalid Opcode.
struct SupportedCommand {
  nvme::Opcode opcode;
  bool changes_content = false;  ///< LBCC
};

/// What copies have done, by who moved the data.
struct CopyCounters {
  std::uint64_t commands = 0;
  std::uint64_t failed = 0;
  std::uint64_t ranges = 0;
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_by_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::string last_fallback;  ///< why data was last moved; empty where it never was
};

class Namespace;
struct CopyPart;

/// One command. What it refers to must outlive carry_out().
struct IoRequest {
  const nvme::Command& command;  ///< passed by transfer_of()
  /// Exactly transfer_of().length_bytes, aligned to pages: filled by the host, or to be filled for it. After an error
  /// its contents mean nothing.
  std::span<std::byte> data;
  ControllerId controller = 0;
  std::span<Namespace* const> peers;         ///< all namespaces attached to the controller, this one too: for Copy
  const CancelToken* cancel = nullptr;       ///< ends a copy and waits; may be null. Other commands are completed
  std::uint16_t copy_formats = 0b0000'0101;  ///< a bit for each descriptor format that the controller has enabled
};

/// On the loop's thread only.
class Namespace {
 public:
  /// Opens a namespace on `device`, whose zones it reads once. EINVAL for one that ZNS cannot describe (conventional
  /// zones), with a line that says what to do; errors of the device.
  static Task<Result<std::unique_ptr<Namespace>>> open(EventLoop& loop, std::uint32_t nsid,
                                                       std::unique_ptr<ZonedDevice> device, NamespaceOptions options);

  [[nodiscard]] static std::span<const SupportedCommand> supported_commands();

  [[nodiscard]] std::uint32_t nsid() const { return nsid_; }
  [[nodiscard]] const NamespaceFacts& facts() const { return facts_; }
  [[nodiscard]] ZonedDevice& device() { return *device_; }
  [[nodiscard]] const CopyCounters& copies() const { return copies_; }

  /// All checks of an I/O command that need no state of zones, and the data that it implies.
  [[nodiscard]] Transfer transfer_of(const nvme::Command& command) const;

  /// Carries out a command that transfer_of() accepts. Any number may be under way. Writes, appends and zone management
  /// of one zone take effect in the order of the calls; a Copy takes its place among them. What it wrote is in the
  /// device's cache until a Flush, or FUA.
  Task<Outcome> carry_out(IoRequest request);

  /// Closes the zones that only a controller that is gone used: those that it was the last to open, write or copy to.
  /// None of its commands may be under way.
  Task<void> controller_lost(ControllerId controller);

 private:
  static constexpr ControllerId nobody = 0xffff;  ///< no controller has this identifier

  Namespace(EventLoop& loop, std::uint32_t nsid, std::unique_ptr<ZonedDevice> device, NamespaceFacts facts,
            bool emulate_copies);

  // namespace.cpp
  Task<Status> read_capacities();
  [[nodiscard]] std::uint64_t capacity_of(ZoneIndex zone) const {
    return capacities_[capacities_.size() == 1 ? 0 : zone];
  }
  [[nodiscard]] ZoneIndex zone_of(Lba lba) const { return static_cast<ZoneIndex>(lba / facts_.zone_size_blocks); }
  /// Whether a range lies within what one zone can hold.
  [[nodiscard]] bool in_one_zone(Lba lba, std::uint64_t blocks) const;
  void note_user(ZoneIndex zone, ControllerId controller) { users_[zone] = controller; }
  /// Before a command whose failure may leave the zone open. A zone that another uses stays its.
  void note_attempt(ZoneIndex zone, ControllerId controller) {
    if (users_[zone] == nobody) users_[zone] = controller;
  }

  // io_transfer.cpp
  Task<Outcome> read(const nvme::Command& command, std::span<std::byte> data);
  Task<Outcome> write(const nvme::Command& command, std::span<const std::byte> data, ControllerId controller);
  Task<Outcome> write_zeroes(const nvme::Command& command, ControllerId controller);
  Task<Outcome> end_write(nvme::BlockCommand fields, ControllerId controller, Status done, KeyedLocks::Guard turn);
  Task<Outcome> append(const nvme::Command& command, std::span<const std::byte> data, ControllerId controller);
  Task<Result<Lba>> append_by_write(ZoneIndex zone, std::span<const std::byte> data);
  Task<Outcome> flush();
  Task<Outcome> made_durable(Outcome outcome, bool force_unit_access);

  // write_pointers.cpp
  Task<Result<Lba>> take_write_pointer(ZoneIndex zone);
  Task<Status> begin_at(Lba lba);
  void end_at(ZoneIndex zone, Lba lba);

  // io_failure.cpp
  Task<Outcome> failed_read(Error error, Lba lba);
  Task<Outcome> failed_write(Error error, Lba lba, std::uint64_t blocks);
  Task<Outcome> failed_command(Error error, ZoneIndex zone, ZoneRequest request);
  Task<std::optional<Zone>> look_at(ZoneIndex zone);

  // io_zones.cpp
  Task<Outcome> manage(const nvme::Command& command, ControllerId controller);
  Task<Outcome> manage_zone(ZoneIndex zone, ZoneAction action, ControllerId controller);
  Task<Outcome> manage_all(ZoneAction action, ControllerId controller);
  Task<void> manage_beside(ZoneIndex zone, ZoneAction action, ControllerId controller, Outcome* first, Gate* gate);
  Task<Result<std::vector<ZoneIndex>>> zones_for(ZoneAction action);
  Task<Outcome> report(const nvme::Command& command, std::span<std::byte> data);

  // io_copy.cpp
  Task<Outcome> copy(IoRequest request);
  [[nodiscard]] bool moves_no_data(const ZonedDevice& source) const;
  Task<Outcome> copy_parts(const std::vector<CopyPart>& parts, Lba destination_lba, const CancelToken* cancel);
  Task<Outcome> failed_copy(const CopyPart& part, Error error, Extent rest);
  void count(const CopyReport& report);

  EventLoop& loop_;
  std::uint32_t nsid_;
  std::unique_ptr<ZonedDevice> device_;
  NamespaceFacts facts_;
  bool emulate_copies_;
  std::vector<std::uint64_t> capacities_;  ///< by zone, in blocks; a single one where all zones have the same
  CopyCounters copies_;
  KeyedLocks order_;                 ///< by zone: what moves its write pointer or changes its condition
  std::vector<ControllerId> users_;  ///< by zone: who was the last to open, write or copy to it
  std::unordered_map<ZoneIndex, Lba> write_pointers_;  ///< those that are known, see write_pointers.cpp
  BufferPool buffers_;                                 ///< for copies that are emulated
};

}  // namespace zonecopy::target
