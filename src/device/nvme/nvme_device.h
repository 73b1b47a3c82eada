// An NVMe ZNS namespace as a device. Every command goes by io_uring passthrough through its generic character device.
//
// No data goes through the block layer: Linux 6.10 and later keep write pointers of their own there, which passthrough
// commands would make wrong.
//
// nvme_copy.cpp has what is about Copy.
#pragma once

#include <cstdint>

#include "src/device/nvme/cross_namespace.h"
#include "src/device/nvme/nvme_namespace.h"
#include "src/nvme/command.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::nvme {

class NvmeDevice final : public ZonedDevice {
 public:
  /// Joins the other namespaces of its controllers that are open on the loop, if `cross_namespace`; it blocks then.
  NvmeDevice(EventLoop& loop, OpenNamespace opened, bool cross_namespace);

  [[nodiscard]] const DeviceInfo& info() const override { return opened_.info; }
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) override;
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  Task<Status> write(Lba lba, std::span<const std::byte> data) override;
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) override;
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) override;
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override;
  [[nodiscard]] CopyRoute copy_route(const ZonedDevice& source) const override;
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override;
  Task<Status> flush() override;
  Status make_writable() override;

 private:
  struct Completion {
    std::int32_t result = 0;  ///< below 0 a negative errno, above 0 an NVMe status
    std::uint64_t value = 0;  ///< DW0 and DW1
  };
  [[nodiscard]] std::optional<std::uint16_t> buffer_index_of(const Command& command) const;
  Task<Completion> submit(Command command);
  [[nodiscard]] std::size_t command_bytes(Lba lba, std::size_t bytes) const;
  Task<Status> read_parts(Lba lba, std::span<std::byte> data);
  Task<Status> write_locked(Lba lba, std::span<const std::byte> data);
  Task<Result<std::uint64_t>> write_some_zeroes(Lba lba, std::uint64_t blocks);
  Task<void> read_part(Lba lba, std::span<std::byte> data, Status* status, Gate* gate);
  Task<Completion> submit_copy(Command command, NvmeDevice& source);
  Task<CopyOutcome> failed_copy(NvmeDevice& source, const CopyCommand& command, Completion completion);
  void note_refusal(NvmeDevice& source, CopyFailure& failure);
  Error make_error(std::int32_t result, const char* operation, Lba lba) const;
  /// Adds the device and the zone to an error of a command builder, which knows neither.
  Error on_this_device(Error error) const;

  // The kernel's default timeout is 30 s, after which it resets the controller and so ends all other commands too. The
  // timeout here is longer.
  static constexpr std::uint32_t base_timeout_ms = 120'000;

  EventLoop& loop_;
  OpenNamespace opened_;
  CrossNamespace cross_namespace_;
  bool registered_memory_works_ = true;  ///< in passthrough commands; false once the kernel has refused it
  KeyedLocks locks_;  ///< by zone: NVMe guarantees no order, so one position-dependent command is sent at a time
};

}  // namespace zonecopy::nvme
