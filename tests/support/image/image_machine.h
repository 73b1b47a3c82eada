// An image over a store in memory, and what a test does with it.
//
// A block holds one number, its stamp, which names the generation of its zone and its place: a stale block is recognised.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "src/device/image/image_device.h"
#include "src/device/image/image_open.h"
#include "tests/support/image/memory_store.h"
#include "zonecopy/buffer.h"

namespace zonecopy::test {

using Stamps = std::vector<std::uint64_t>;

inline constexpr std::uint64_t block_bytes = 4096;
inline constexpr std::uint64_t zone_size = 16;
inline constexpr std::uint64_t zone_capacity = 12;
inline constexpr std::uint64_t hole_min_blocks = 3;  // of write_zeroes(); fewer are written
inline constexpr ZoneIndex zones = 4;                // the first is conventional

inline image::Header header_of(const ResourceLimits& limits) {
  image::Header header;
  header.zone_count = zones;
  header.zone_size_blocks = zone_size;
  header.zone_capacity_blocks = zone_capacity;
  header.conventional_zones = 1;
  header.max_open_zones = limits.max_open_zones;
  header.max_active_zones = limits.max_active_zones;
  header.capacity_blocks = zones * zone_size;
  header.data_offset_bytes = image::data_offset_for(zones);
  return header;
}

inline SparseFile fresh_file(const ResourceLimits& limits = {}) {
  const image::Header header = header_of(limits);
  SparseFile file;
  file.size_bytes = header.file_size_bytes();
  file.write(image::encode(header), 0);
  for (ZoneIndex zone = 0; zone < zones; ++zone) {
    const auto condition = header.conventional(zone) ? ZoneCondition::not_write_pointer : ZoneCondition::empty;
    const std::uint64_t word = image::pack(image::ZoneRecord{condition, 0, 0});
    file.write(std::as_bytes(std::span(&word, 1)), header.word_offset_bytes(zone));
  }
  return file;
}

inline std::uint64_t stamp(std::uint64_t generation, std::uint64_t block) { return generation << 8U | block; }

/// What a zone of the reference holds.
struct Content {
  std::uint64_t generation = 1;
  Stamps stamps;  ///< of what was written
  bool full = false;
  friend bool operator==(const Content&, const Content&) = default;
};

inline std::string words(const Content& content) {
  return fmt::format("generation {}, {} blocks{}", content.generation, content.stamps.size(),
                     content.full ? ", full" : "");
}

/// An image over a store, and what a test does with it.
class Machine {
 public:
  Machine(EventLoop& loop, SparseFile file, bool writable = true) : loop_(loop) {
    const std::uint64_t size_bytes = file.size_bytes;
    auto store = std::make_unique<MemoryStore>(std::move(file));
    store_ = store.get();
    Result<image::OpenImage> image = image::read_image("memory", std::move(store), size_bytes);
    if (!image) {
      ADD_FAILURE() << image.error().to_string();
      return;
    }
    image->writable = writable;
    const Status recovered = image::recover(*image);
    EXPECT_TRUE(recovered.ok()) << recovered.error().to_string();
    device_ = std::make_unique<image::ImageDevice>(loop, std::move(*image), hole_min_blocks * block_bytes);
  }

  [[nodiscard]] MemoryStore& store() { return *store_; }
  [[nodiscard]] image::ImageDevice& device() { return *device_; }
  [[nodiscard]] Lba start_of(ZoneIndex zone) const { return device_->info().zone_start(zone); }

  Status append(ZoneIndex zone, const Stamps& stamps) {
    const Buffer buffer(stamps.size() * block_bytes);
    std::memset(buffer.data(), 0, stamps.size() * block_bytes);
    for (std::size_t i = 0; i < stamps.size(); ++i) std::memcpy(buffer.data() + i * block_bytes, &stamps[i], 8);
    const Result<Lba> landed = loop_.run(device_->append(zone, buffer.first(stamps.size() * block_bytes)));
    if (!landed) return landed.error();
    return {};
  }
  Status write_zeroes(ZoneIndex zone, std::uint64_t at, std::uint64_t blocks) {
    return loop_.run(device_->write_zeroes(start_of(zone) + at, blocks));
  }
  Status manage(ZoneIndex zone, ZoneAction action) { return loop_.run(device_->manage_zone(zone, action)); }
  Status flush() { return loop_.run(device_->flush()); }
  CopyOutcome copy(ZoneIndex from, ZoneIndex to, std::uint64_t at, std::uint32_t blocks) {
    const CopyCommand command{start_of(to) + at, {CopyRange{start_of(from), blocks}}};
    return loop_.run(device_->copy(*device_, command, nullptr));
  }

  Zone report(ZoneIndex zone) { return loop_.run(device_->report_zones(zone, 1))->at(0); }
  /// The whole zone, also what is above its write pointer.
  Stamps read(ZoneIndex zone) {
    const Buffer buffer(zone_size * block_bytes);
    const Status done = loop_.run(device_->read(start_of(zone), buffer.first(zone_size * block_bytes)));
    EXPECT_TRUE(done.ok()) << done.error().to_string();
    Stamps stamps(zone_size);
    for (std::size_t i = 0; i < zone_size; ++i) std::memcpy(&stamps[i], buffer.data() + i * block_bytes, 8);
    return stamps;
  }
  /// What the zone claims to hold. Above its write pointer, and where it was finished, it has to be zeros.
  Content content(ZoneIndex zone) {
    const Zone reported = report(zone);
    Stamps stamps = read(zone);
    Content found;
    found.full = reported.condition == ZoneCondition::full;
    std::uint64_t count = found.full ? zone_capacity : reported.write_pointer_lba - reported.start_lba;
    for (std::uint64_t i = count; i < zone_size; ++i) EXPECT_EQ(stamps[i], 0U) << "block " << i << " above the pointer";
    while (found.full && count > 0 && stamps[count - 1] == 0) --count;
    stamps.resize(count);
    if (!stamps.empty()) found.generation = stamps[0] >> 8U;
    found.stamps = std::move(stamps);
    return found;
  }

 private:
  EventLoop& loop_;
  MemoryStore* store_ = nullptr;
  std::unique_ptr<image::ImageDevice> device_;
};

}  // namespace zonecopy::test
