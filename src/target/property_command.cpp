#include "src/target/property_command.h"

#include "src/nvme/fabrics/admin.h"
#include "src/target/admin.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;

Outcome value(std::uint64_t result) { return {.result = result, .status = 0, .do_not_retry = false, .cause = {}}; }

}  // namespace

Outcome get_property(const nvme::Command& command, const Controller& controller) {
  const fabrics::PropertyAccess access = fabrics::decode_property_access(command);
  if (!access.size_valid) return refused(fabrics::status::invalid_field);
  if (access.of_8_bytes) {
    return access.offset_bytes == fabrics::property_capabilities ? value(controller.capabilities())
                                                                 : refused(fabrics::status::invalid_field);
  }
  switch (access.offset_bytes) {
    case fabrics::property_version: return value(fabrics::version_2_0);
    case fabrics::property_configuration: return value(controller.configuration());
    case fabrics::property_status: return value(controller.status());
    default: return refused(fabrics::status::invalid_field);
  }
}

Task<Outcome> set_property(nvme::Command command, Controller& controller, Subsystem& subsystem) {
  const fabrics::PropertyAccess access = fabrics::decode_property_access(command);
  if (!access.size_valid || access.of_8_bytes || access.offset_bytes != fabrics::property_configuration) {
    co_return refused(fabrics::status::invalid_field);
  }
  const auto change = controller.configure(static_cast<std::uint32_t>(access.value));
  if (!change) co_return refused(fabrics::status::invalid_field);
  if (*change == Controller::Change::disable) {
    controller.shut_down_io_queues();
    Event& gone = controller.io_queues_gone();
    co_await gone;
    controller.disabled();
  }
  if (*change == Controller::Change::shut_down) {
    // A host polls the status until it says that this is done. A flush that failed is told by the Flush of the host.
    co_await subsystem.flush_all();
    controller.shut_down_complete();
  }
  co_return Outcome{};
}

}  // namespace zonecopy::target
