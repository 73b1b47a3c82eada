// Bytes as they are written by hand: "01 ff".
#pragma once

#include <cctype>
#include <string>
#include <string_view>

#include "src/nvme/fabrics/hash.h"

namespace zonecopy::nvme::fabrics {

/// Blanks may stand between bytes.
inline Bytes from_hex(std::string_view text) {
  std::string digits;
  for (const char character : text) {
    if (std::isxdigit(static_cast<unsigned char>(character)) != 0) digits += character;
  }
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

/// `count` times the same byte.
inline Bytes repeated(std::size_t count, int byte) { return Bytes(count, static_cast<std::byte>(byte)); }

inline Bytes joined(Bytes one, const Bytes& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

}  // namespace zonecopy::nvme::fabrics
