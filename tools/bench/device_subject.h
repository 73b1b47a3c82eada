// A device or image that is not mounted. Jobs are coroutines of one event loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/bench/subject.h"
#include "zonecopy/buffer.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"

namespace zonecopy::benching {

class DeviceSubject final : public Subject {
 public:
  /// Opens it for reading. Errors of open_device().
  static Result<std::unique_ptr<Subject>> open(const std::string& path);
  DeviceSubject(std::unique_ptr<EventLoop> loop, std::unique_ptr<ZonedDevice> device, std::vector<Zone> zones,
                const std::string& name);

  Result<Supply> supply(bool destroy) override;
  [[nodiscard]] std::string why_not(Mode mode) const override;
  Status make_writable() override { return device_->make_writable(); }
  Status reset(const std::vector<std::size_t>& zones) override;
  Status fill(const Plan& plan, const Load& load, const Watch& watch) override;
  Status run(const Plan& plan, const Load& load, const Shape& shape, Mode mode, const Watch& watch,
             Copied& copied) override;
  Status flush(const Plan& plan) override;
  Status read(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) override;

 private:
  struct Work;
  struct OneCopy;

  Status refuse_content();
  Task<Status> reset_all(const std::vector<std::size_t>& zones);
  Status all_jobs(Work& work, Task<Status> (DeviceSubject::*job)(Work& work, std::size_t number));
  Task<Status> run_jobs(Work& work, Task<Status> (DeviceSubject::*job)(Work& work, std::size_t number));
  Task<void> run_job(Work& work, Task<Status> (DeviceSubject::*job)(Work& work, std::size_t number),
                     std::size_t number);
  Task<Status> fill_job(Work& work, std::size_t number);
  Task<Status> fill_zone(Work& work, std::size_t zone, std::uint64_t length_bytes, std::span<std::byte> buffer);
  Task<Status> copy_job(Work& work, std::size_t number);
  Task<Status> copy_once(Work& work, const OneCopy& copy);
  Task<Status> read_and_write(Work& work, const OneCopy& copy);
  [[nodiscard]] Lba lba_of(std::size_t zone, std::uint64_t offset_bytes) const;
  [[nodiscard]] std::uint64_t transfer_max_bytes(std::uint64_t bytes) const;

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<ZonedDevice> device_;
  std::vector<Zone> zones_;  ///< as they were when the device was opened
};

}  // namespace zonecopy::benching
