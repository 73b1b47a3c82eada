// A zone of a device or image that is not mounted, as a source or destination.
#pragma once

#include <memory>
#include <string>

#include "src/gather/open_devices.h"
#include "src/gather/open_file.h"
#include "zonecopy/buffer.h"

namespace zonecopy::gather {

class ZoneFile final : public OpenFile {
 public:
  /// EINVAL: the device has no such zone.
  static Result<std::shared_ptr<ZoneFile>> open(std::shared_ptr<OpenDevice> device, const std::string& path,
                                                ZoneIndex zone, bool writable);

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool same_as(const GatherFile& other) const override;
  Result<std::size_t> read(std::uint64_t offset_bytes, std::span<std::byte> data) override;
  Status sync() override;

  [[nodiscard]] Home home() const override {
    return {Home::Kind::device, reinterpret_cast<std::uintptr_t>(device_.get())};
  }
  Result<FileFacts> all_facts() override;
  Status check_source() override;
  Status check_destination() override;
  Written write(std::uint64_t offset_bytes, std::span<const std::byte> data) override;
  [[nodiscard]] Error make_error(int code, std::string detail) const override;

  [[nodiscard]] ZonedDevice& device() const { return *device_->device; }
  [[nodiscard]] EventLoop& loop() const { return *device_->loop; }
  [[nodiscard]] const DeviceInfo& info() const { return device().info(); }
  /// Where an offset, which is one of whole blocks, is on the device.
  [[nodiscard]] Lba lba_of(std::uint64_t offset_bytes) const;

 private:
  ZoneFile(std::shared_ptr<OpenDevice> device, std::string name, ZoneIndex zone, bool writable);
  Result<Zone> report();
  Status read_blocks(std::uint64_t offset_bytes, std::span<std::byte> data);
  /// One read: of whole blocks, or through `bounce_`.
  Result<std::size_t> read_some(std::uint64_t offset_bytes, std::span<std::byte> data);
  /// How much of a write that has failed with `code` is in the zone all the same, in whole blocks.
  std::uint64_t written_in_part(int code, std::uint64_t offset_bytes, std::span<const std::byte> data);

  std::shared_ptr<OpenDevice> device_;
  std::string name_;
  ZoneIndex zone_;
  bool writable_;
  Buffer bounce_;  ///< for reads of a part of a block, or into memory that is not aligned
};

}  // namespace zonecopy::gather
