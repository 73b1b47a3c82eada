#include "src/target/namespace.h"

namespace zonecopy::target {

Namespace::Namespace(EventLoop& loop, std::uint32_t nsid, std::unique_ptr<ZonedDevice> device)
    : loop_(loop), nsid_(nsid), device_(std::move(device)) {}

}  // namespace zonecopy::target
