#include "src/gather/open_devices.h"

#include <utility>

namespace zonecopy::gather {

Status OpenDevices::make_loop() {
  if (loop_) return {};
  // One loop for all devices, since a copy between two of them runs on one. The big entries, which NVMe needs, are left
  // out where the kernel has none.
  EventLoop::Options options;
  options.sqe128_cqe32 = true;
  Result<std::unique_ptr<EventLoop>> made = EventLoop::create(options);
  if (!made) return made.error();
  loop_ = std::move(*made);
  return {};
}

std::shared_ptr<OpenDevice> OpenDevices::find(const std::string& id) {
  std::erase_if(devices_, [](const std::weak_ptr<OpenDevice>& device) { return device.expired(); });
  for (const std::weak_ptr<OpenDevice>& each : devices_) {
    std::shared_ptr<OpenDevice> device = each.lock();
    if (device && !id.empty() && device->id == id) return device;
  }
  return nullptr;
}

Result<std::shared_ptr<OpenDevice>> OpenDevices::open(const std::string& path, bool read_only) {
  std::shared_ptr<OpenDevice> open = find(device_id_of(path));
  if (open) {
    const Status writable = read_only ? Status() : open->device->make_writable();
    if (!writable) return writable.error();
    return open;
  }
  const Status made = make_loop();
  if (!made) return made.error();
  OpenOptions options;
  options.read_only = read_only;
  Result<std::unique_ptr<ZonedDevice>> device = open_device(*loop_, path, options);
  if (!device) return device.error();
  open = std::make_shared<OpenDevice>();
  open->loop = loop_;
  open->id = (*device)->identity().id;
  open->device = std::move(*device);
  devices_.push_back(open);
  return open;
}

}  // namespace zonecopy::gather
