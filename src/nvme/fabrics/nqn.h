// NVMe Qualified Names, by which subsystems and hosts call each other (NVMe Base 2.0, 4.5). Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "zonecopy/result.h"

namespace zonecopy::nvme::fabrics {

/// The longest name; a field has room for a zero byte behind it.
inline constexpr std::size_t nqn_max_bytes = 223;

/// The subsystem that every target has, and that tells of the others.
inline constexpr std::string_view discovery_nqn = "nqn.2014-08.org.nvmexpress.discovery";

using Uuid = std::array<std::uint8_t, 16>;

/// The name that the standard makes of a UUID: "nqn.2014-08.org.nvmexpress:uuid:...".
[[nodiscard]] std::string nqn_of(const Uuid& uuid);

/// `text` is a name as the standard has them: "nqn.2014-08.org.nvmexpress:uuid:" and a UUID, the discovery subsystem's,
/// or "nqn.", a year and month, and a domain in reverse order, with anything behind a colon. EINVAL otherwise; the
/// detail says what is wrong. For names that a user gives to what he makes.
[[nodiscard]] Status check_nqn(std::string_view text);

/// `text` can stand in a field for a name: 1 to 223 bytes of UTF-8 without control characters. For names that others
/// have chosen, since kernel targets let their subsystems be called anything. EINVAL as above.
[[nodiscard]] Status check_nqn_field(std::string_view text);

}  // namespace zonecopy::nvme::fabrics
