// Lends a device to somebody who wants to own one, so that a test keeps it: a file system over it can be mounted again,
// and what it left behind looked at.
#pragma once

#include "zonecopy/device.h"

namespace zonecopy::test {

class BorrowedDevice : public ZonedDevice {
 public:
  explicit BorrowedDevice(ZonedDevice& device) : device_(device) {}

  [[nodiscard]] const DeviceInfo& info() const override { return device_.info(); }
  Task<Result<std::vector<Zone>>> report_zones(ZoneIndex first, std::uint32_t count) override {
    return device_.report_zones(first, count);
  }
  Task<Status> read(Lba lba, std::span<std::byte> data) override { return device_.read(lba, data); }
  Task<Status> write(Lba lba, std::span<const std::byte> data) override { return device_.write(lba, data); }
  Task<Status> write_zeroes(Lba lba, std::uint64_t blocks) override { return device_.write_zeroes(lba, blocks); }
  Task<Result<Lba>> append(ZoneIndex zone, std::span<const std::byte> data) override {
    return device_.append(zone, data);
  }
  Task<CopyOutcome> copy(ZonedDevice& source, const CopyCommand& command, const CancelToken* cancel) override {
    return device_.copy(lender_of(source), command, cancel);
  }
  [[nodiscard]] CopyRoute copy_route(const ZonedDevice& source) const override {
    return device_.copy_route(lender_of(const_cast<ZonedDevice&>(source)));
  }
  Task<Status> manage_zone(ZoneIndex zone, ZoneAction action) override { return device_.manage_zone(zone, action); }
  Task<Status> flush() override { return device_.flush(); }
  Status make_writable() override { return device_.make_writable(); }

 private:
  static ZonedDevice& lender_of(ZonedDevice& device) {
    auto* borrowed = dynamic_cast<BorrowedDevice*>(&device);
    return borrowed != nullptr ? borrowed->device_ : device;
  }

  ZonedDevice& device_;
};

}  // namespace zonecopy::test
