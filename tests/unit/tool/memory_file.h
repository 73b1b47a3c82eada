// A source or destination of gathers that is nothing but memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "zonecopy/gather.h"

namespace zonecopy::test {

class MemoryFile final : public GatherFile {
 public:
  /// A sequential zone of `capacity_bytes` that holds `bytes`.
  MemoryFile(std::string name, std::vector<std::byte> content, std::uint64_t capacity_bytes = 1U << 20)
      : bytes(std::move(content)), name_(std::move(name)) {
    kind.capacity_bytes = capacity_bytes;
    kind.block_size_bytes = 4096;
    kind.sequential = true;
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<GatherFileFacts> facts() override {
    GatherFileFacts now = kind;
    now.size_bytes = bytes.size();
    return now;
  }
  [[nodiscard]] bool same_as(const GatherFile& other) const override { return &other == this; }

  Result<std::size_t> read(std::uint64_t offset_bytes, std::span<std::byte> data) override {
    if (read_error) return *read_error;
    const std::size_t offset = std::min<std::size_t>(offset_bytes, bytes.size());
    const std::size_t count = std::min({data.size(), bytes.size() - offset, read_max_bytes});
    if (count > 0) std::memcpy(data.data(), bytes.data() + offset, count);
    reads += 1;
    return count;
  }
  Status sync() override { return {}; }

  std::vector<std::byte> bytes;
  GatherFileFacts kind;              ///< all facts but the size, which is that of `bytes`
  std::optional<Error> read_error;   ///< what reads fail with
  std::size_t read_max_bytes = ~0U;  ///< no read gives more
  std::size_t reads = 0;

 private:
  std::string name_;
};

}  // namespace zonecopy::test
