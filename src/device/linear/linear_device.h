// One long device that is made of zones of others: a device mapper's linear table, or several devices in a row.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/device/linear/copy_steps.h"
#include "src/device/linear/layout.h"
#include "src/device/linear/layout_guard.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::linear {

/// What a long device is made of, as opened. The pieces name the devices by their numbers.
struct Parts {
  std::string path;  ///< of the long device
  std::string id;    ///< ZonedDevice::identity(); empty: that of what `path` leads to
  std::vector<std::unique_ptr<ZonedDevice>> devices;
  std::vector<Piece> pieces;
  std::unique_ptr<LayoutGuard> guard;  ///< may be null: the layout cannot change
};

/// Every command goes to the device below that holds the zone. Errors come back with the path, zone and LBA of the long
/// device, and name the one below in their detail.
///
/// A copy goes from one device below to another, or within one, as that is able to. Where one of them cannot, the command ends there with
/// CopyDecision::fall_back.
class LinearDevice final : public ZonedDevice {
 public:
  /// EINVAL: the parts do not fit together (check_pieces). The loop is that of the devices below.
  static Result<std::unique_ptr<LinearDevice>> make(EventLoop& loop, Parts parts);
  ~LinearDevice() override;

  [[nodiscard]] const DeviceInfo& info() const override { return info_; }
  [[nodiscard]] DeviceIdentity identity() const override;
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) override;
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  Task<Status> write(Lba lba, std::span<const std::byte> data) override;
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) override;
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) override;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override;
  [[nodiscard]] CopyRoute copy_route(const ZonedDevice& source) const override;
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override;
  /// Flushes every device below, also where one of them fails.
  Task<Status> flush() override;
  /// Ends with the first device below that cannot be made writable; those before it are by then.
  Status make_writable() override;

 private:
  using Care = LayoutGuard::Care;
  LinearDevice(EventLoop& loop, Parts parts, DeviceInfo info)
      : loop_(loop), parts_(std::move(parts)), info_(std::move(info)) {}

  [[nodiscard]] ZonedDevice& device_of(const Piece& piece) const { return *parts_.devices[piece.device]; }
  [[nodiscard]] const Piece& piece_of(Lba lba) const { return piece_at(parts_.pieces, lba); }
  [[nodiscard]] std::uint64_t blocks_of(std::size_t bytes) const { return bytes / info_.block_size_bytes; }
  [[nodiscard]] std::vector<const DeviceInfo*> infos_below() const;
  [[nodiscard]] bool in_one_piece(Lba lba, std::uint64_t blocks) const;
  Status check(Lba lba, std::uint64_t blocks, const char* operation, Care care) const;
  Status check_in_one_piece(Lba lba, std::uint64_t blocks, const char* operation, Care care) const;
  Error make_error(int code, const char* operation, Lba lba, std::string detail) const;
  Error above(const Error& below, const Piece& piece) const;
  Error explained(const Error& below, const Piece& piece) const;
  Task<void> flush_one(ZonedDevice& device, Status* flushed, Gate* gate);
  Status check_copy(const ZonedDevice& source, const CopyCommand& command) const;
  [[nodiscard]] PlaceBelow place_of_source(ZonedDevice& source, Lba lba) const;
  [[nodiscard]] std::vector<CopyStep> steps_of(ZonedDevice& source, const CopyCommand& command) const;
  CopyFailure failed_copy(const CopyFailure& below, const Piece& piece);
  [[nodiscard]] CopyRoute route_from_all(const std::vector<const ZonedDevice*>& sources) const;
  Task<CopyOutcome> carry_out(ZonedDevice& device, const std::vector<CopyStep>& steps, const CancelToken* cancel);

  EventLoop& loop_;
  Parts parts_;
  DeviceInfo info_;
  KeyedLocks order_;  ///< by zone: a copy may be several commands below, between which no other comes
};

}  // namespace zonecopy::linear
