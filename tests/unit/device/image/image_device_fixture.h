// A zoned image that tests drive as a device.
//
// Blocks are filled with one 64-bit number each, their stamp, so that a zone's content is a short list; 0 is a block that
// was never written.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "src/device/image/image_format.h"
#include "tests/support/loop/loop_test.h"
#include "zonecopy/buffer.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/image.h"
#include "zonecopy/zone_state.h"

namespace zonecopy::test {

using Stamps = std::vector<std::uint64_t>;

// Geometry of most tests, in blocks: the capacity is short of the size, and the last zone is shorter still.
inline constexpr std::uint64_t zone_size = 16;
inline constexpr std::uint64_t zone_capacity = 12;
inline constexpr std::uint64_t runt_size = 5;

inline ImageSpec spec_of(std::uint32_t block_size_bytes, std::uint32_t zones, std::uint32_t conventional_zones = 0) {
  ImageSpec spec;
  spec.block_size_bytes = block_size_bytes;
  spec.zone_size_bytes = zone_size * block_size_bytes;
  spec.zone_capacity_bytes = zone_capacity * block_size_bytes;
  spec.size_bytes = ((zones - 1) * zone_size + runt_size) * block_size_bytes;
  spec.conventional_zones = conventional_zones;
  return spec;
}

inline Stamps counting_from(std::uint64_t first, std::uint64_t count) {
  Stamps stamps(count);
  std::iota(stamps.begin(), stamps.end(), first);
  return stamps;
}

inline Stamps padded(Stamps stamps, std::uint64_t count) {
  stamps.resize(count, 0);
  return stamps;
}

template <typename T>
int code_of(const Result<T>& result) {
  return result ? 0 : result.error().code();
}

inline std::string words_of(const ZoneState& state) {
  return fmt::format("{} at {}", to_string(state.condition), state.write_pointer_blocks);
}

inline Task<void> write_into(ZonedDevice& device, Lba lba, std::span<const std::byte> data, int* code) {
  const Status done = co_await device.write(lba, data);
  *code = code_of(done);
}

inline Task<void> zeroes_into(ZonedDevice& device, Lba lba, std::uint64_t blocks, int* code) {
  const Status done = co_await device.write_zeroes(lba, blocks);
  *code = code_of(done);
}

inline Task<void> flush_into(ZonedDevice& device, int* code) {
  const Status done = co_await device.flush();
  *code = code_of(done);
}

inline Task<void> append_into(ZonedDevice& device, ZoneIndex zone, std::span<const std::byte> data, Result<Lba>* lba) {
  Result<Lba> done = co_await device.append(zone, data);
  *lba = std::move(done);
}

inline Task<void> manage_into(ZonedDevice& device, ZoneIndex zone, ZoneAction action, int* code) {
  const Status done = co_await device.manage_zone(zone, action);
  *code = code_of(done);
}

/// An image in a folder of its own, open as a device.
class ImageDeviceTest : public LoopTest {
 protected:
  ImageDeviceTest() {
    std::string name = (std::filesystem::temp_directory_path() / "zonecopy-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = folder_ / "disk.img";
  }
  ~ImageDeviceTest() override {
    device_.reset();
    std::filesystem::remove_all(folder_);
  }

  void create(const ImageSpec& spec) {
    device_.reset();
    std::filesystem::remove(path_);
    const Status created = create_image(path_.string(), spec);
    ASSERT_TRUE(created.ok()) << created.error().to_string();
    reopen();
  }
  void reopen() {
    device_.reset();
    Result<std::unique_ptr<ZonedDevice>> opened = open_image(loop(), path_.string(), false);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    device_ = std::move(*opened);
  }
  void close_device() { device_.reset(); }
  [[nodiscard]] ZonedDevice& device() { return *device_; }
  [[nodiscard]] Lba start_of(ZoneIndex zone) { return device_->info().zone_start(zone); }

  /// Blocks that carry these stamps.
  Buffer blocks_with(const Stamps& stamps) {
    const std::size_t block_bytes = device_->info().block_size_bytes;
    Buffer buffer(std::max<std::size_t>(stamps.size(), 1) * block_bytes);
    for (std::size_t i = 0; i < stamps.size(); ++i) {
      for (std::size_t at = 0; at < block_bytes; at += sizeof stamps[i]) {
        std::memcpy(buffer.data() + i * block_bytes + at, &stamps[i], sizeof stamps[i]);
      }
    }
    return buffer;
  }
  [[nodiscard]] std::span<std::byte> part(const Buffer& buffer, std::uint64_t count) {
    return buffer.first(count * device_->info().block_size_bytes);
  }
  Status write(Lba lba, const Stamps& stamps) {
    const Buffer buffer = blocks_with(stamps);
    return run(device_->write(lba, part(buffer, stamps.size())));
  }
  Status write_zeroes(Lba lba, std::uint64_t blocks) { return run(device_->write_zeroes(lba, blocks)); }
  Result<Lba> append(ZoneIndex zone, const Stamps& stamps) {
    const Buffer buffer = blocks_with(stamps);
    return run(device_->append(zone, part(buffer, stamps.size())));
  }
  Status manage(ZoneIndex zone, ZoneAction action) { return run(device_->manage_zone(zone, action)); }
  CopyOutcome copy(Lba destination_lba, std::vector<CopyRange> ranges, const CancelToken* cancel = nullptr) {
    const CopyCommand command{destination_lba, std::move(ranges)};
    return run(device_->copy(*device_, command, cancel));
  }

  Result<Stamps> try_read(Lba lba, std::uint64_t count) {
    const std::size_t block_bytes = device_->info().block_size_bytes;
    const Buffer buffer(std::max<std::uint64_t>(count, 1) * block_bytes);
    std::memset(buffer.data(), 0xee, buffer.size());
    const Status done = run(device_->read(lba, part(buffer, count)));
    if (!done) return done.error();
    Stamps stamps(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::byte* const block = buffer.data() + i * block_bytes;
      std::memcpy(&stamps[i], block, sizeof stamps[i]);
      EXPECT_EQ(std::memcmp(block, block + 8, block_bytes - 8), 0) << "block " << lba + i << " is torn";
    }
    return stamps;
  }
  Stamps read(Lba lba, std::uint64_t count) {
    Result<Stamps> stamps = try_read(lba, count);
    EXPECT_TRUE(stamps.ok()) << stamps.error().to_string();
    return stamps ? *stamps : Stamps();
  }
  Stamps content(ZoneIndex zone) { return read(start_of(zone), length_of(zone)); }
  std::uint64_t length_of(ZoneIndex zone) {
    return std::min(device_->info().zone_size_blocks, device_->info().capacity_blocks - start_of(zone));
  }

  std::vector<Zone> report() {
    Result<std::vector<Zone>> zones = run(device_->report_zones(0, device_->info().zone_count));
    EXPECT_TRUE(zones.ok());
    return *zones;
  }
  ZoneState state(ZoneIndex zone) {
    const Result<std::vector<Zone>> zones = run(device_->report_zones(zone, 1));
    return {zones->at(0).condition, zones->at(0).write_pointer_lba - zones->at(0).start_lba};
  }
  std::string state_words(ZoneIndex zone) { return words_of(state(zone)); }

  // What only a test does, past the device: the file as it is.
  void write_file(std::uint64_t offset_bytes, const void* data, std::size_t size) {
    const FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(pwrite(file.get(), data, size, static_cast<off_t>(offset_bytes)), static_cast<ssize_t>(size));
  }
  void set_word(ZoneIndex zone, std::uint64_t word) {
    write_file(image::zone_table_offset_bytes + zone * sizeof word, &word, sizeof word);
  }
  void set_state(ZoneIndex zone, const ZoneState& state) {
    set_word(zone, image::pack(image::ZoneRecord{state.condition, state.write_pointer_blocks, 0}));
  }
  void set_bad(ZoneIndex zone, ZoneCondition condition) {
    const Status set = set_image_zone_condition(path_.string(), zone, condition);
    ASSERT_TRUE(set.ok()) << set.error().to_string();
  }
  std::uint64_t data_offset_bytes() {
    const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    image::HeaderBytes bytes{};
    EXPECT_EQ(pread(file.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    return image::decode(bytes)->data_offset_bytes;
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;

 private:
  Watchdog watchdog_{testing::UnitTest::GetInstance()->current_test_info()->name(), 120};
  std::unique_ptr<ZonedDevice> device_;
};

/// The same with blocks of one of the two sizes.
class ImageDeviceOfBlocks : public ImageDeviceTest, public testing::WithParamInterface<std::uint32_t> {};

}  // namespace zonecopy::test
