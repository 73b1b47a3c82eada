// An NVMe ZNS namespace as a device: its operations are made of NVMe commands here. How a command reaches the controller,
// and how its completion comes back, is a matter of the carrier, which derives from this class: the kernel's passthrough
// (src/device/nvme) or a network.
//
// namespace_copy.cpp has what is about Copy.
#pragma once

#include <cstdint>
#include <string>

#include "src/device/namespace/namespace_facts.h"
#include "src/nvme/command.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/keyed_locks.h"

namespace zonecopy::nvme {

/// How a command has ended.
struct Completion {
  std::int32_t result = 0;  ///< 0, a negative errno, or an NVMe status
  std::uint64_t value = 0;  ///< DW0 and DW1
  std::string detail = {};  ///< what a negative result means, where its errno does not tell all
};

class NamespaceDevice : public ZonedDevice {
 public:
  [[nodiscard]] const DeviceInfo& info() const final { return facts_.info; }
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) final;
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  Task<Status> write(Lba lba, std::span<const std::byte> data) final;
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) final;
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) final;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) final;
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) final;
  Task<Status> flush() final;

 protected:
  NamespaceDevice(EventLoop& loop, NamespaceFacts facts) : loop_(loop), facts_(std::move(facts)) {}

  /// Sends a command and waits for its end. Commands that depend on the write pointer of a zone, or change it, come one
  /// at a time. What the command points to lives as long.
  virtual Task<Completion> submit(Command command) = 0;
  /// Sends a Copy from `source`, which may be another namespace of the controller.
  virtual Task<Completion> submit_copy(Command command, NamespaceDevice& source);
  /// `source`, another namespace, would be refused in every other Copy as well.
  virtual void note_refusal_across(NamespaceDevice& source, const Error& error);

  [[nodiscard]] const NamespaceFacts& facts() const { return facts_; }
  [[nodiscard]] EventLoop& loop() const { return loop_; }
  /// The number of bytes, at most `bytes`, that one command can read from `lba` on.
  [[nodiscard]] std::size_t command_bytes(Lba lba, std::size_t bytes) const;
  [[nodiscard]] Error make_error(const Completion& completion, const char* operation) const;
  [[nodiscard]] Error make_error(const Completion& completion, const char* operation, Lba lba) const;
  /// Adds the device and the zone to an error of a command builder, which knows neither.
  [[nodiscard]] Error on_this_device(Error error) const;

  // The kernel's default timeout is 30 s, after which it resets the controller and so ends all other commands too. The
  // timeout here is longer.
  static constexpr std::uint32_t base_timeout_ms = 120'000;

 private:
  Task<Status> read_parts(Lba lba, std::span<std::byte> data);
  Task<void> read_part(Lba lba, std::span<std::byte> data, Status* status, Gate* gate);
  Task<Status> write_locked(Lba lba, std::span<const std::byte> data);
  Task<Result<std::uint64_t>> write_some_zeroes(Lba lba, std::uint64_t blocks);
  Task<CopyOutcome> failed_copy(NamespaceDevice& source, const CopyCommand& command, Completion completion);
  void note_refusal(NamespaceDevice& source, CopyFailure& failure);

  EventLoop& loop_;
  NamespaceFacts facts_;
  KeyedLocks locks_;  ///< by zone: NVMe guarantees no order, so one position-dependent command is sent at a time
};

}  // namespace zonecopy::nvme
