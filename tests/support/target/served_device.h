// A namespace over a device, and a host that sends it commands: dwords written down here, not by the library's builders.
//
// A block holds one number, its stamp, all over.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/base/endian.h"
#include "src/target/namespace.h"
#include "tests/support/device/borrowed_device.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"

namespace zonecopy::test {

using Stamps = std::vector<std::uint64_t>;

inline constexpr target::ControllerId first_host = 1;
inline constexpr std::uint32_t force_unit_access = 1U << 30;

/// A source range as it goes over the wire.
struct WireRange {
  Lba slba = 0;
  std::uint32_t blocks = 1;
  std::uint32_t snsid = 0;
  bool fast_copy_only = false;
};

inline nvme::Command make_command(std::uint8_t opcode, Lba lba, std::uint32_t cdw12 = 0, std::uint32_t cdw13 = 0) {
  nvme::Command command;
  command.opcode = opcode;
  command.nsid = 1;
  command.cdw10 = static_cast<std::uint32_t>(lba);
  command.cdw11 = static_cast<std::uint32_t>(lba >> 32U);
  command.cdw12 = cdw12;
  command.cdw13 = cdw13;
  return command;
}
inline nvme::Command read_command(Lba lba, std::uint32_t blocks) { return make_command(0x02, lba, blocks - 1); }
inline nvme::Command write_command(Lba lba, std::uint32_t blocks) { return make_command(0x01, lba, blocks - 1); }
inline nvme::Command zeroes_command(Lba lba, std::uint32_t blocks) { return make_command(0x08, lba, blocks - 1); }
inline nvme::Command append_command(Lba zone_lba, std::uint32_t blocks) {
  return make_command(0x7d, zone_lba, blocks - 1);
}
inline nvme::Command manage_command(Lba lba, std::uint32_t action) { return make_command(0x79, lba, 0, action); }
inline nvme::Command copy_command(Lba lba, std::size_t ranges, std::uint32_t format) {
  return make_command(0x19, lba, static_cast<std::uint32_t>(ranges - 1) | format << 8U);
}

inline std::vector<std::byte> wire_list(const std::vector<WireRange>& ranges) {
  std::vector<std::byte> list(ranges.size() * 32);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::span<std::byte> entry = std::span(list).subspan(i * 32, 32);
    put_little_endian(entry, 0, ranges[i].snsid);
    put_little_endian(entry, 8, ranges[i].slba);
    put_little_endian(entry, 16, static_cast<std::uint16_t>(ranges[i].blocks - 1));
    put_little_endian(entry, 22, static_cast<std::uint16_t>(ranges[i].fast_copy_only ? 0x8000 : 0));
  }
  return list;
}

inline std::string text_of(const target::Outcome& outcome) {
  char text[64];
  std::snprintf(text, sizeof text, "%03x", outcome.status);
  return text;
}

class ServedDevice {
 public:
  ServedDevice(EventLoop& loop, std::unique_ptr<ZonedDevice> device, const target::NamespaceOptions& options = {},
               std::uint32_t nsid = 1)
      : loop_(loop) {
    Result<std::unique_ptr<target::Namespace>> opened =
        loop.run(target::Namespace::open(loop, nsid, std::move(device), options));
    if (!opened) {
      ADD_FAILURE() << opened.error().to_string();
      return;
    }
    space_ = std::move(*opened);
    peers_.push_back(space_.get());
  }

  [[nodiscard]] target::Namespace& space() { return *space_; }
  [[nodiscard]] std::uint32_t block_bytes() const { return space_->facts().block_size_bytes; }
  [[nodiscard]] Lba start_of(ZoneIndex zone) const { return zone * space_->facts().zone_size_blocks; }
  /// From now on the controller has `other` as well.
  void attach(ServedDevice& other) { peers_.push_back(&other.space()); }
  void as(target::ControllerId controller) { controller_ = controller; }
  void cancel_by(const CancelToken* cancel) { cancel_ = cancel; }
  void allow_formats(std::uint16_t formats) { formats_ = formats; }

  /// What a connection does: asks what the command takes, and has it carried out.
  target::Outcome send(const nvme::Command& command, std::span<std::byte> data = {}) {
    return loop_.run(carry_out(command, data));
  }
  Task<target::Outcome> carry_out(nvme::Command command, std::span<std::byte> data) {
    target::Outcome outcome = co_await carry_out_for(controller_, cancel_, command, data);
    co_return outcome;
  }
  /// The same for one of several hosts at once.
  Task<target::Outcome> carry_out_for(target::ControllerId controller, const CancelToken* cancel, nvme::Command command,
                                      std::span<std::byte> data) {
    const target::Transfer transfer = space_->transfer_of(command);
    if (transfer.status != 0) {
      target::Outcome outcome;
      outcome.status = transfer.status;
      outcome.do_not_retry = true;
      co_return outcome;
    }
    EXPECT_EQ(transfer.length_bytes, data.size()) << "opcode " << int{command.opcode};
    const target::IoRequest request{.command = command,
                                    .data = data,
                                    .controller = controller,
                                    .peers = peers_,
                                    .cancel = cancel,
                                    .copy_formats = formats_};
    target::Outcome outcome = co_await space_->carry_out(request);
    co_return outcome;
  }
  Task<void> send_into(nvme::Command command, std::span<std::byte> data, target::Outcome* outcome) {
    target::Outcome done = co_await carry_out(command, data);
    *outcome = std::move(done);
  }

  Buffer blocks_with(const Stamps& stamps) const {
    Buffer buffer(std::max<std::size_t>(stamps.size(), 1) * block_bytes());
    for (std::size_t i = 0; i < stamps.size() * block_bytes() / 8; ++i) {
      std::memcpy(buffer.data() + i * 8, &stamps[i * 8 / block_bytes()], 8);
    }
    return buffer;
  }
  target::Outcome write(Lba lba, const Stamps& stamps) {
    const Buffer buffer = blocks_with(stamps);
    return send(write_command(lba, static_cast<std::uint32_t>(stamps.size())), buffer.first(bytes(stamps.size())));
  }
  target::Outcome append(Lba lba, const Stamps& stamps) {
    const Buffer buffer = blocks_with(stamps);
    return send(append_command(lba, static_cast<std::uint32_t>(stamps.size())), buffer.first(bytes(stamps.size())));
  }
  target::Outcome manage(Lba lba, std::uint32_t action) { return send(manage_command(lba, action)); }
  target::Outcome copy(Lba lba, const std::vector<WireRange>& ranges, std::uint32_t format = 0) {
    std::vector<std::byte> list = wire_list(ranges);
    return send(copy_command(lba, ranges.size(), format), list);
  }
  /// The stamps, or the status alone.
  std::pair<target::Outcome, Stamps> read(Lba lba, std::uint32_t blocks) {
    const Buffer buffer(bytes(blocks));
    std::memset(buffer.data(), 0xee, buffer.size());
    target::Outcome outcome = send(read_command(lba, blocks), buffer.first(bytes(blocks)));
    Stamps stamps;
    if (outcome.status != 0) return {std::move(outcome), stamps};
    for (std::uint32_t i = 0; i < blocks; ++i) {
      const std::byte* const block = buffer.data() + i * block_bytes();
      std::uint64_t stamp = 0;
      std::memcpy(&stamp, block, 8);
      EXPECT_EQ(std::memcmp(block, block + 8, block_bytes() - 8), 0) << "block " << lba + i << " is torn";
      stamps.push_back(stamp);
    }
    return {std::move(outcome), stamps};
  }
  /// The zone as the device has it.
  Zone zone(ZoneIndex index) { return loop_.run(space_->device().report_zones(index, 1))->at(0); }
  std::uint64_t written(ZoneIndex index) { return zone(index).write_pointer_lba - start_of(index); }
  void lose(target::ControllerId controller) { run_void(loop_, space_->controller_lost(controller)); }

 private:
  [[nodiscard]] std::size_t bytes(std::uint64_t blocks) const { return blocks * block_bytes(); }

  EventLoop& loop_;
  std::unique_ptr<target::Namespace> space_;
  std::vector<target::Namespace*> peers_;
  target::ControllerId controller_ = first_host;
  const CancelToken* cancel_ = nullptr;
  std::uint16_t formats_ = 0b101;
};

/// A block device in one respect: it does not say why a zone refuses, and has no Zone Append.
class BlockLikeDevice final : public BorrowedDevice {
 public:
  explicit BlockLikeDevice(ZonedDevice& device) : BorrowedDevice(device), info_(device.info()) {
    info_.max_append_bytes = 0;
    info_.copy_limits = {};
    info_.copy_unavailable = "it is like a block device";
  }
  [[nodiscard]] const DeviceInfo& info() const override { return info_; }
  Task<Status> write(Lba lba, std::span<const std::byte> data) override {
    const Status done = co_await BorrowedDevice::write(lba, data);
    co_return without_reason(done);
  }
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) override {
    const Status done = co_await BorrowedDevice::write_zeroes(lba, blocks);
    co_return without_reason(done);
  }
  Task<Status> read(Lba lba, std::span<std::byte> data) override {
    const Status done = co_await BorrowedDevice::read(lba, data);
    co_return without_reason(done);
  }
  Task<Result<Lba>> append(ZoneIndex, std::span<const std::byte>) override {
    co_return Error(EOPNOTSUPP, "zone append");
  }
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override {
    const Status done = co_await BorrowedDevice::manage_zone(zone, action);
    co_return without_reason(done);
  }
  [[nodiscard]] CopyRoute copy_route(const ZonedDevice&) const override {
    return {CopyPath::emulated, {}, info_.copy_unavailable};
  }

 private:
  static Status without_reason(const Status& done) {
    if (done) return done;
    Error error(EIO, done.error().operation());
    if (done.error().lba()) error.at_lba(*done.error().lba());
    return error;
  }

  DeviceInfo info_;
};

/// The next such command fails with EIO.
inline Fault fault_of(Command command, std::optional<ZoneIndex> zone = std::nullopt) {
  Fault fault;
  fault.command = command;
  fault.zone = zone;
  return fault;
}

/// A simulated device that a host may treat wrongly, with transfers that NVMe can name.
inline SimSpec served_spec() {
  SimSpec spec;
  spec.layout = "SSSSSSSS";
  spec.max_transfer_bytes = 16384;
  spec.max_append_bytes = 8192;
  spec.right_host = false;
  return spec;
}

}  // namespace zonecopy::test
