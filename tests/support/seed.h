// The seed of a test that draws its cases: another one in each run, printed, and taken from ZONECOPY_SEED to run again.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace zonecopy::test {

inline std::uint64_t test_seed() {
  const char* const given = std::getenv("ZONECOPY_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("ZONECOPY_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace zonecopy::test
