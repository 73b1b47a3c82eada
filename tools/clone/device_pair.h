// Two devices or images that are not mounted.
#pragma once

#include <memory>
#include <vector>

#include "tools/clone/pair.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::cloning {

class DevicePair final : public Pair {
 public:
  /// Opens both for reading. Blocks. EINVAL: both are the same device. Errors of open_device(). All must
  /// outlive it.
  static Result<std::unique_ptr<DevicePair>> open(EventLoop& loop, const std::string& source,
                                                  const std::string& destination, const Watch& watch);
  DevicePair(EventLoop& loop, std::unique_ptr<ZonedDevice> source, std::unique_ptr<ZonedDevice> destination,
             const Watch& watch)
      : loop_(loop), watch_(watch), from_(std::move(source)), to_(std::move(destination)) {}

  Task<Status> load() override;
  [[nodiscard]] std::uint64_t read_max_bytes() const override;
  Task<Status> read_source(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) override;
  Task<Status> read_destination(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) override;
  Task<Result<std::uint64_t>> destination_end(std::size_t zone) override;
  Status make_writable() override;
  Task<Copied> copy(const ZoneTask& task, ByteRange range) override;
  Task<Status> reset(std::size_t zone) override;
  Task<Status> finish(std::size_t zone) override;
  Task<Status> close(std::size_t zone) override;
  Task<Status> flush() override;

  [[nodiscard]] ZonedDevice& source_device() { return *from_; }
  [[nodiscard]] ZonedDevice& destination_device() { return *to_; }
  // As load() found them:
  [[nodiscard]] const std::vector<Zone>& source_zones() const { return source_zones_; }
  [[nodiscard]] const std::vector<Zone>& destination_zones() const { return destination_zones_; }

 private:
  Task<Result<Zone>> report(std::size_t zone);

  EventLoop& loop_;
  const Watch& watch_;
  std::unique_ptr<ZonedDevice> from_;
  std::unique_ptr<ZonedDevice> to_;
  std::vector<Zone> source_zones_;
  std::vector<Zone> destination_zones_;
};

}  // namespace zonecopy::cloning
