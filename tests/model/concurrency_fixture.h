// What the concurrency tests share: a mounted file system, and a ledger of numbered blocks that were acknowledged.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/support/core/format_device.h"
#include "tests/support/core/log_and_clock.h"
#include "tests/support/device/borrowed_device.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/loop/loop_test.h"
#include "zonefs/core/file_system.h"

namespace zonecopy::test {

inline constexpr std::uint32_t block_bytes = 512;

/// Blocks that an operation has acknowledged, by the numbers written into them.
using Piece = std::vector<std::uint64_t>;
using Ledger = std::vector<Piece>;

/// A file system over a device with much delay, two conventional and six sequential files.
struct Fixture {
  SimDevice device;
  CapturingLog log;
  ManualClock clock;
  std::unique_ptr<zonefs::FileSystem> fs;
  EventLoop& loop;

  Fixture(EventLoop& event_loop, const SimSpec& spec, const zonefs::MountOptions& options)
      : device(spec), loop(event_loop) {
    format_device(device, zonefs::SuperBlock());
    auto mounted = loop.run(
        zonefs::FileSystem::mount(loop, std::make_unique<BorrowedDevice>(device), options, log, clock.function()));
    if (!mounted.ok()) throw std::runtime_error(mounted.error().to_string());
    fs = std::move(mounted.value());
  }
  ~Fixture() {
    if (fs) (void)loop.run(fs->unmount());
  }

  static SimSpec spec(std::uint64_t seed, bool with_copy) {
    SimSpec spec;
    spec.layout = "CCCSSSSSS";
    spec.zone_size_blocks = 64;
    spec.zone_capacity_blocks = 60;
    spec.max_delay = 7;
    spec.seed = seed;
    if (with_copy) spec.copy_limits = CopyLimits{2, 3, 5};
    return spec;
  }
};

inline std::vector<std::byte> numbered_blocks(std::uint64_t first, std::uint64_t count) {
  std::vector<std::byte> data(count * block_bytes);
  for (std::uint64_t at = 0; at < count; ++at) {
    const std::uint64_t number = first + at;
    std::memcpy(&data[at * block_bytes], &number, sizeof(number));
  }
  return data;
}

inline Piece numbers_in(std::span<const std::byte> data) {
  Piece numbers(data.size() / block_bytes);
  for (std::size_t at = 0; at < numbers.size(); ++at) {
    std::memcpy(&numbers[at], &data[at * block_bytes], sizeof(std::uint64_t));
  }
  return numbers;
}

/// The content of a file is the acknowledged pieces, each once, in some order.
void expect_concatenation(const Fixture& fixture, zonefs::FileNumber file, const Ledger& ledger);

}  // namespace zonecopy::test
