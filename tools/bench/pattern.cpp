#include "tools/bench/pattern.h"

#include <array>
#include <cstring>

#include "tools/bench/walk.h"

namespace zonecopy::benching {
namespace {

constexpr std::size_t unit_bytes = 512;
using Unit = std::array<std::uint64_t, unit_bytes / sizeof(std::uint64_t)>;

void make_unit(std::uint64_t seed, std::size_t place, std::uint64_t number, Unit& unit) {
  std::uint64_t state = mix(mix(seed + place) ^ number) | 1U;
  for (std::uint64_t& word : unit) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    word = state;
  }
}

}  // namespace

void make_pattern(std::uint64_t seed, std::size_t place, std::uint64_t offset_bytes, std::span<std::byte> data) {
  Unit unit;
  for (std::size_t done = 0; done < data.size(); done += unit_bytes) {
    make_unit(seed, place, (offset_bytes + done) / unit_bytes, unit);
    std::memcpy(data.data() + done, unit.data(), unit_bytes);
  }
}

std::optional<std::size_t> find_difference(std::uint64_t seed, std::size_t place, std::uint64_t offset_bytes,
                                           std::span<const std::byte> data) {
  Unit unit;
  for (std::size_t done = 0; done < data.size(); done += unit_bytes) {
    make_unit(seed, place, (offset_bytes + done) / unit_bytes, unit);
    if (std::memcmp(data.data() + done, unit.data(), unit_bytes) != 0) return done;
  }
  return std::nullopt;
}

}  // namespace zonecopy::benching
