// The text of errors.
#include <cstring>

#include <fmt/format.h>

#include "zonecopy/result.h"

namespace zonecopy {

std::string one_line(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) {
      clean += fmt::format("\\x{:02x}", byte);
    } else {
      clean += character;
    }
  }
  return clean;
}

std::string Error::to_string() const {
  std::string text = operation_;
  if (!device_.empty()) text += fmt::format(" on {}", device_);
  if (zone_) text += fmt::format(", zone {}", *zone_);
  if (lba_) text += fmt::format(", LBA {}", *lba_);
  // Not strerror(), which is translated and not safe with threads.
  const char* meaning = ::strerrordesc_np(code_);
  text += meaning ? fmt::format(": {}", meaning) : fmt::format(": error {}", code_);
  if (nvme_status_) text += fmt::format(" (NVMe status {:#x})", *nvme_status_);
  if (!detail_.empty()) text += fmt::format(": {}", detail_);
  return one_line(text);
}

}  // namespace zonecopy
