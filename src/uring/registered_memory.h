// The buffers that are registered with a ring, and their buffer indexes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "src/uring/ring.h"
#include "zonecopy/buffer.h"

namespace zonecopy {

class RegisteredMemory final : public MemoryRegistry {
 public:
  explicit RegisteredMemory(Ring& ring, SurplusWatch* watch = nullptr) : ring_(ring), watch_(watch) {}

  void add(std::span<std::byte> memory) override;
  void remove(std::span<std::byte> memory) override;
  void watch(Surplus& surplus) noexcept override {
    if (watch_ != nullptr) watch_->watch(surplus);
  }
  void forget(Surplus& surplus) noexcept override {
    if (watch_ != nullptr) watch_->forget(surplus);
  }
  /// See EventLoop::buffer_index.
  [[nodiscard]] std::optional<std::uint16_t> buffer_index(std::span<const std::byte> data) const;

 private:
  struct Piece {
    std::span<const std::byte> memory;
    std::uint16_t index = 0;
  };
  void register_buffers();

  Ring& ring_;
  SurplusWatch* watch_;
  bool registered_ = false;
  std::map<std::uintptr_t, Piece> pieces_;  ///< by start address
  std::vector<std::uint16_t> free_indexes_;
};

}  // namespace zonecopy
