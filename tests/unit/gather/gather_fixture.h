// A Gatherer with images and files of its own, in a folder that goes with the test.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/random.h"
#include "zonecopy/gather.h"
#include "zonecopy/image.h"

namespace zonecopy::test {

inline constexpr std::uint64_t block = 4096;
inline constexpr std::uint64_t zone_blocks = 64;
inline constexpr std::uint64_t capacity_blocks = 48;

template <typename T>
int code_of(const Result<T>& result) {
  return result ? 0 : result.error().code();
}

template <typename T>
std::string text_of(const Result<T>& result) {
  return result ? "success" : result.error().to_string();
}

class GatherTest : public testing::Test {
 protected:
  using Access = Gatherer::Access;
  using File = std::shared_ptr<GatherFile>;

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "zonecopy-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    Result<std::unique_ptr<Gatherer>> made = Gatherer::create();
    ASSERT_TRUE(made) << text_of(made);
    gatherer_ = std::move(*made);
  }
  void TearDown() override {
    gatherer_.reset();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::string make_image(const std::string& name, std::uint32_t zones = 8, std::uint32_t conventional = 1,
                         std::uint32_t block_bytes = block) {
    ImageSpec spec;
    spec.block_size_bytes = block_bytes;
    spec.zone_size_bytes = zone_blocks * block_bytes;
    spec.zone_capacity_bytes = capacity_blocks * block_bytes;
    spec.size_bytes = zones * spec.zone_size_bytes;
    spec.conventional_zones = conventional;
    const Status made = create_image(path(name), spec);
    EXPECT_TRUE(made) << text_of(made);
    return path(name);
  }

  /// Bytes that depend on the seed only, and are different in each block.
  static std::string bytes(std::uint64_t count, std::uint64_t seed) {
    Random random(seed);
    std::string text(count, '\0');
    for (char& byte : text) byte = static_cast<char>(random.between(1, 255));
    return text;
  }

  File make_file(const std::string& name, const std::string& content, Access access = Access::read) {
    std::ofstream(path(name), std::ios::binary) << content;
    return must(gatherer_->open_file(path(name), access));
  }

  File zone(const std::string& image, ZoneIndex index, Access access = Access::read) {
    return must(gatherer_->open_zone(image, index, access));
  }

  /// A sequential zone with `content`, which is of whole blocks, from its start on.
  File filled_zone(const std::string& image, ZoneIndex index, const std::string& content) {
    File to = zone(image, index, Access::write);
    const File from = make_file("contents", content);
    const std::vector<GatherRange> ranges = {{from, 0, content.size()}};
    const std::vector<GatherDestination> destinations = {{to, std::nullopt}};
    const auto reports = gatherer_->gather(ranges, destinations, {});
    EXPECT_TRUE(reports) << text_of(reports);
    if (reports && reports->front().error) ADD_FAILURE() << reports->front().error->to_string();
    return to;
  }

  static std::string content_of(const File& file) {
    const Result<GatherFileFacts> facts = file->facts();
    EXPECT_TRUE(facts) << text_of(facts);
    std::string content(facts ? facts->size_bytes : 0, '\0');
    const Result<std::size_t> count = file->read(0, std::as_writable_bytes(std::span(content)));
    EXPECT_TRUE(count) << text_of(count);
    EXPECT_EQ(count ? *count : 0, content.size());
    return content;
  }

  /// Says where they begin to differ, instead of printing both.
  static void expect_content(const File& file, const std::string& expected) {
    const std::string held = content_of(file);
    const std::size_t common = std::min(held.size(), expected.size());
    const auto differs =
        std::mismatch(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(common), expected.begin());
    EXPECT_TRUE(held == expected) << file->name() << " has " << held.size() << " bytes of " << expected.size()
                                  << ", the same up to " << differs.first - held.begin();
  }

  Result<std::vector<GatherReport>> gather(const std::vector<GatherRange>& ranges,
                                           const std::vector<GatherDestination>& destinations,
                                           const GatherOptions& options = {}) {
    return gatherer_->gather(ranges, destinations, options);
  }

  /// For one destination, and where nothing is wrong with the request.
  GatherReport gather_to(const File& destination, const std::vector<GatherRange>& ranges,
                         const GatherOptions& options = {}) {
    Result<std::vector<GatherReport>> reports = gather(ranges, {{destination, std::nullopt}}, options);
    EXPECT_TRUE(reports) << text_of(reports);
    return reports ? reports->front() : GatherReport();
  }

  template <typename T>
  T must(Result<T> result) {
    if (!result) throw std::runtime_error(text_of(result));
    return std::move(*result);
  }

  std::unique_ptr<Gatherer> gatherer_;

 private:
  std::string folder_;
};

}  // namespace zonecopy::test
