#include "src/nvme/fabrics/digest.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace zonecopy::nvme::fabrics {

void Digest::add(std::span<const std::byte> data) {
  constexpr std::size_t call_max_bytes = std::size_t{1} << 30;  // the library counts in int
  while (!data.empty()) {
    const std::span<const std::byte> part = data.first(std::min(data.size(), call_max_bytes));
    // The library takes no pointer to const, but only reads.
    auto* const bytes = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(part.data()));
    state_ = crc32_iscsi(bytes, static_cast<int>(part.size()), state_);
    data = data.subspan(part.size());
  }
}

std::uint32_t digest_of(std::span<const std::byte> data) {
  Digest digest;
  digest.add(data);
  return digest.value();
}

}  // namespace zonecopy::nvme::fabrics
