// SimDevice: a zoned device in memory that does the same for the same seed, and fails when it is told to.
//
// Commands finish in random order: each waits some turns of the loop before it takes effect and some more before it
// answers. Position-dependent commands of one zone take effect in the order in which they were awaited.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/device/sim_zones.h"
#include "tests/support/random.h"
#include "zonecopy/device.h"
#include "zonecopy/sync.h"

namespace zonecopy::test {

enum class Command : std::uint8_t { report, read, write, append, copy, open, close, finish, reset, flush, zeroes };
inline constexpr std::size_t command_kinds = 11;
[[nodiscard]] const char* to_string(Command command);

/// What goes wrong, with which command. Of several that match a command the first one counts.
struct Fault {
  std::optional<Command> command;  ///< any kind where absent
  std::optional<ZoneIndex> zone;   ///< any zone where absent
  std::uint64_t skip = 0;          ///< so many matching commands are left alone first
  std::uint64_t times = 1;
  int code = EIO;  ///< 0: the command is carried out, after the zone was changed as below
  /// Of a write, append or copy that fails: blocks that land on the media all the same.
  std::uint64_t blocks_landed = 0;
  /// Of a Copy that fails: so many ranges are known to have been copied (the NVMe completion tells the first bad one).
  std::uint32_t ranges_done = 0;
  bool takes_effect = false;  ///< a zone command is carried out, and fails all the same
  bool fall_back = false;     ///< the Copy is refused as not possible, nothing being wrong with data or zone
  bool never = false;         ///< with `fall_back`: so is every other
  bool source_fails = false;  ///< of a Copy: it is a source that cannot be read
  std::optional<ZoneCondition> zone_becomes;  ///< before the command
  std::uint64_t foreign_blocks = 0;           ///< somebody else writes so many at the write pointer before the command

  [[nodiscard]] bool fails() const { return code != 0 || fall_back; }
};

class SimDevice;

/// A command that has taken effect or failed, in the order in which they did.
struct CommandRecord {
  Command command = Command::report;
  ZoneIndex zone = 0;
  Lba lba = 0;
  std::uint64_t blocks = 0;
  std::vector<CopyRange> ranges;
  int code = 0;
  bool injected = false;  ///< a fault made it fail, or changed the zone first
  bool fall_back = false;
  std::uint64_t blocks_acknowledged = 0;              ///< of a write, append or copy
  std::optional<ZoneRefusal> refusal = std::nullopt;  ///< it was the zone that refused
  std::optional<CopySide> side = std::nullopt;        ///< of a Copy that failed
  const SimDevice* source = nullptr;                  ///< of a Copy: the device that `ranges` are on
};
[[nodiscard]] std::string describe(const CommandRecord& record);

class SimDevice final : public ZonedDevice {
 public:
  explicit SimDevice(const SimSpec& spec);
  ~SimDevice() override;

  [[nodiscard]] const DeviceInfo& info() const override { return info_; }
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) override;
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  Task<Status> write(Lba lba, std::span<const std::byte> data) override;
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) override;
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) override;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override;
  [[nodiscard]] CopyRoute copy_route(const ZonedDevice& source) const override;
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override;
  Task<Status> flush() override;
  Status make_writable() override { return writable_; }

  // For tests.
  void inject(const Fault& fault) { faults_.push_back(Armed{fault, 0, 0}); }
  void clear_faults() { faults_.clear(); }
  [[nodiscard]] bool fault_fired() const;
  [[nodiscard]] const std::vector<CommandRecord>& log() const { return log_; }
  void clear_log() { log_.clear(); }
  [[nodiscard]] std::uint64_t count(Command command) const { return counts_[static_cast<std::size_t>(command)]; }
  [[nodiscard]] std::uint64_t commands() const;
  /// Most commands of a kind that were under way at once.
  [[nodiscard]] std::uint64_t peak(Command command) const { return peaks_[static_cast<std::size_t>(command)]; }
  /// Most Copy commands to one destination zone that were under way at once.
  [[nodiscard]] std::uint32_t peak_copies_of_a_zone() const { return peak_copies_of_a_zone_; }
  /// Called with each command as it arrives, before any of it happens.
  void on_command(std::function<void(Command)> callback) { on_command_ = std::move(callback); }
  [[nodiscard]] std::uint64_t in_flight() const;
  /// From now on no command is completed, until let_go(): a device that hangs.
  void hold() { going_.reset(); }
  void let_go() { going_.set(); }
  /// What make_writable() answers.
  void set_writable(Status answer) { writable_ = std::move(answer); }

  [[nodiscard]] SimZones& zones() { return zones_; }
  [[nodiscard]] const SimZones& zones() const { return zones_; }
  [[nodiscard]] std::vector<std::byte> bytes(Lba lba, std::uint64_t blocks) const;
  /// Puts data where no command has written it, moving the write pointer of a sequential zone.
  void preload(Lba lba, std::span<const std::byte> data);
  [[nodiscard]] std::uint64_t written_blocks(ZoneIndex zone) const;

 private:
  struct Armed {
    Fault fault;
    std::uint64_t seen = 0;
    std::uint64_t fired = 0;
  };
  class InFlight;

  Task<Status> carry_out_write(Command command, Lba lba, std::span<const std::byte> data);
  Task<void> delay();
  std::optional<Fault> next_fault(Command command, ZoneIndex zone);
  void disturb(const std::optional<Fault>& fault, ZoneIndex zone);
  void check_transfer(Lba lba, std::size_t size_bytes, std::uint32_t limit_bytes, const char* what) const;
  void check_copy(const SimDevice& source, const CopyCommand& command) const;
  void check_refusal(const CommandRecord& record) const;
  int land(Lba lba, std::span<const std::byte> data, const std::optional<Fault>& fault,
           std::uint64_t acknowledged_blocks, CommandRecord& record);
  std::optional<CopyFailure> land_copy(const SimDevice& source, const CopyCommand& command,
                                       const std::optional<Fault>& fault, CommandRecord& record);
  int manage(ZoneIndex zone, ZoneAction action);
  void keep(CommandRecord record);
  void name_refusal(CommandRecord& record, ZoneIndex zone, int code) const;
  [[nodiscard]] bool disturbed(ZoneIndex zone) const { return zone < zones_.count() && zones_[zone].disturbed; }
  [[nodiscard]] Error make_error(const CommandRecord& record, const char* operation) const;

  SimSpec spec_;
  DeviceInfo info_;
  SimZones zones_;
  Random random_;
  KeyedLocks order_;  ///< by zone: first come, first served is the order of the calls
  std::vector<Armed> faults_;
  std::vector<CommandRecord> log_;
  std::array<std::uint64_t, command_kinds> counts_{};
  std::array<std::uint64_t, command_kinds> in_flight_{};
  std::array<std::uint64_t, command_kinds> peaks_{};
  std::vector<std::uint32_t> copies_of_zone_;  ///< under way
  std::uint32_t peak_copies_of_a_zone_ = 0;
  std::function<void(Command)> on_command_;
  Event going_;  ///< commands may be completed
  Status writable_;
};

}  // namespace zonecopy::test
