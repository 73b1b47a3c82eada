// Names that stay the same each time the same devices are served, so that a host finds again what it knows.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "zonecopy/zone.h"

namespace zonecopy::serve {

using Uuid = std::array<std::byte, 16>;

/// The UUID of a device that is open: that of an image's header, one made of the worldwide identifier of a drive, or,
/// where a device has none, one made of its name and the identifier of this machine. Blocks for a few system calls.
[[nodiscard]] Uuid uuid_of(const DeviceInfo& info);

/// Another one for a device whose UUID another device has too, as a copy of an image does.
[[nodiscard]] Uuid uuid_of_twin(const Uuid& uuid, const std::string& path);

/// The UUID of a subsystem with these namespaces, in this order.
[[nodiscard]] Uuid uuid_of_subsystem(std::span<const Uuid> namespaces);

/// "nqn.2014-08.org.nvmexpress:uuid:…".
[[nodiscard]] std::string nqn_of(const Uuid& uuid);
/// 20 hexadecimal digits.
[[nodiscard]] std::string serial_number_of(const Uuid& uuid);

}  // namespace zonecopy::serve
