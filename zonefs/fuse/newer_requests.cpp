#include "zonefs/fuse/newer_requests.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace zonecopy::zonefs {
namespace {

// The second field of every request is its opcode, a number of 32 bits in the machine's order.
constexpr std::size_t opcode_offset_bytes = 4;
constexpr std::uint32_t copy_file_range_opcode = 47;
constexpr std::uint32_t copy_file_range_64_opcode = 53;

}  // namespace

/// Both have the same arguments. The answers are a number of 32 bits and 32 bits of zeros, and a number of 64 bits: the
/// same bytes where the low ones come first.
void make_known(std::span<std::byte> request) {
  if constexpr (std::endian::native != std::endian::little) return;
  std::uint32_t opcode = 0;
  if (request.size() < opcode_offset_bytes + sizeof opcode) return;
  std::memcpy(&opcode, request.data() + opcode_offset_bytes, sizeof opcode);
  if (opcode != copy_file_range_64_opcode) return;
  std::memcpy(request.data() + opcode_offset_bytes, &copy_file_range_opcode, sizeof opcode);
}

}  // namespace zonecopy::zonefs
