// Percent-encoding (RFC 3986, 2.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace zonecopy::nvme::fabrics {

/// `text` with all bytes but letters, digits and "-._~:@+/" as "%" and two hexadecimal digits.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// Nothing where a "%" is not followed by two hexadecimal digits. A "+" stays one: this is no form of the web's.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace zonecopy::nvme::fabrics
