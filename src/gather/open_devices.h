// The devices and images whose zones a Gatherer has open. Each is opened once, however many of its zones are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "zonecopy/open_device.h"

namespace zonecopy::gather {

/// A device, and the event loop that it works on. Closed with the last zone that is open on it.
struct OpenDevice {
  std::shared_ptr<EventLoop> loop;
  std::unique_ptr<ZonedDevice> device;
  std::string id;  ///< ZonedDevice::identity()
};

class OpenDevices {
 public:
  /// Opens the device, or finds that it is open. Errors of open_device() and EventLoop::create().
  Result<std::shared_ptr<OpenDevice>> open(const std::string& path, bool read_only);

 private:
  Status make_loop();
  std::shared_ptr<OpenDevice> find(const std::string& id);

  std::shared_ptr<EventLoop> loop_;  ///< made with the first device: who has files of mounts only needs no io_uring
  std::vector<std::weak_ptr<OpenDevice>> devices_;
};

}  // namespace zonecopy::gather
