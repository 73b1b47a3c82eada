// An NVMe ZNS namespace of this machine. Every command goes by io_uring passthrough through its generic character device.
//
// No data goes through the block layer: Linux 6.10 and later keep write pointers of their own there, which passthrough
// commands would make wrong.
#pragma once

#include <cstdint>
#include <optional>

#include "src/device/namespace/namespace_device.h"
#include "src/device/nvme/cross_namespace.h"
#include "src/device/nvme/nvme_namespace.h"
#include "src/nvme/command.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::nvme {

class NvmeDevice final : public NamespaceDevice {
 public:
  /// Joins the other namespaces of its controllers that are open on the loop, if `cross_namespace`; it blocks then.
  NvmeDevice(EventLoop& loop, OpenNamespace opened, bool cross_namespace);

  /// One command, the usual case, is sent without a coroutine of its own.
  Task<Status> read(Lba lba, std::span<std::byte> data) override;
  [[nodiscard]] CopyRoute copy_route(const ZonedDevice& source) const override;
  Status make_writable() override;

 private:
  Task<Completion> submit(Command command) override;
  Task<Completion> submit_copy(Command command, NamespaceDevice& source) override;
  void note_refusal_across(NamespaceDevice& source, const Error& error) override;
  [[nodiscard]] std::optional<std::uint16_t> buffer_index_of(const Command& command) const;

  HeldNamespace held_;
  CrossNamespace cross_namespace_;
  bool registered_memory_works_ = true;  ///< in passthrough commands; false once the kernel has refused it
};

}  // namespace zonecopy::nvme
