// A remote device over a scripted target, whose namespaces are simulated devices.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/device/remote/remote_open.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"
#include "tests/support/remote/scripted_target.h"

namespace zonecopy::test {

/// A dialer that somebody else owns.
class BorrowedDialer final : public remote::Dialer {
 public:
  explicit BorrowedDialer(remote::Dialer& dialer) : dialer_(dialer) {}
  Task<Result<FileDescriptor>> dial() override { return dialer_.dial(); }

 private:
  remote::Dialer& dialer_;
};

inline SimSpec remote_spec() {
  SimSpec spec;
  spec.layout = "SSSSSS";
  spec.block_size_bytes = 512;
  spec.zone_size_blocks = 64;
  spec.zone_capacity_blocks = 48;
  spec.copy_limits = {8, 16, 64};
  spec.max_transfer_bytes = 64 * 512;
  spec.max_append_bytes = 64 * 512;
  return spec;
}

class RemoteTest : public LoopTest {
 protected:
  RemoteTest() : RemoteTest({remote_spec()}) {}
  explicit RemoteTest(const std::vector<SimSpec>& specs) {
    std::vector<target::Namespace*> served;
    std::uint32_t nsid = 0;
    for (const SimSpec& spec : specs) {
      auto device = std::make_unique<SimDevice>(spec);
      sims_.push_back(device.get());
      target::NamespaceOptions options;
      options.max_transfer_bytes = 32768;
      Result<std::unique_ptr<target::Namespace>> space =
          run(target::Namespace::open(loop(), ++nsid, std::move(device), options));
      if (!space) throw std::runtime_error(space.error().to_string());
      served.push_back(space->get());
      namespaces_.push_back(std::move(*space));
    }
    target_ = std::make_unique<ScriptedTarget>(loop(), served);
    place.path = "nvme-tcp://scripted/nqn.2026-11.example:scripted";
    place.claim = remote::RemoteClaim::none;
    place.nsid = 1;
    place.link.association.subsystem_nqn = "nqn.2026-11.example:scripted";
    place.link.association.host_nqn = "nqn.2026-11.example:host";
    place.link.association.keep_alive_ms = 60'000;
    place.link.pause_first_ms = 1;
    place.link.pause_max_ms = 5;
  }
  ~RemoteTest() override {
    device_.reset();
    run_void(loop(), target_->end());
  }

  /// Opens the device; the result tells why not.
  Status open() { return open(*target_); }
  Status open(remote::Dialer& dialer) {
    Result<std::unique_ptr<ZonedDevice>> opened =
        remote::open_over(loop(), std::make_unique<BorrowedDialer>(dialer), place);
    if (!opened) return opened.error();
    device_ = std::move(*opened);
    return {};
  }
  void must_open() { must_open(*target_); }
  void must_open(remote::Dialer& dialer) {
    const Status opened = open(dialer);
    ASSERT_TRUE(opened) << opened.error().to_string();
  }

  [[nodiscard]] ZonedDevice& device() { return *device_; }
  [[nodiscard]] ScriptedTarget& target() { return *target_; }
  [[nodiscard]] Script& script() { return target_->script; }
  [[nodiscard]] SimDevice& sim(std::size_t number = 0) { return *sims_[number]; }
  void close_device() { device_.reset(); }

  Watchdog watchdog{"a remote device hangs", 120};
  remote::RemotePlace place;

 private:
  std::vector<SimDevice*> sims_;
  std::vector<std::unique_ptr<target::Namespace>> namespaces_;
  std::unique_ptr<ScriptedTarget> target_;
  std::unique_ptr<ZonedDevice> device_;
};

}  // namespace zonecopy::test
