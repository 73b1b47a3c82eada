#include "src/nvme/fabrics/percent.h"

#include <fmt/format.h>

#include <charconv>

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::string_view stays =
    "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "0123456789-._~:@+/";

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char character : text) {
    if (stays.find(character) != std::string_view::npos) {
      encoded += character;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(character));
    }
  }
  return encoded;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned byte = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    const bool both = failure == std::errc() && digits.size() == 2 && end == digits.data() + 2;
    if (!both) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

}  // namespace zonecopy::nvme::fabrics
