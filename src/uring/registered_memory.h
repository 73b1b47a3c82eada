// Which memory a ring has registered, and by which number an operation names it.
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
  /// Nothing where part of `data` lies elsewhere.
  [[nodiscard]] std::optional<std::uint16_t> number_of(std::span<const std::byte> data) const;

 private:
  struct Piece {
    std::span<const std::byte> memory;
    std::uint16_t number = 0;
  };
  void make_table();

  Ring& ring_;
  SurplusWatch* watch_;
  bool asked_for_table_ = false;
  std::map<std::uintptr_t, Piece> pieces_;  ///< by where they begin
  std::vector<std::uint16_t> free_numbers_;
};

}  // namespace zonecopy
