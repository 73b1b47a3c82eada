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
  explicit RegisteredMemory(Ring& ring) : ring_(ring) {}

  void add(std::span<std::byte> memory) override;
  void remove(std::span<std::byte> memory) override;
  /// Nothing where part of `data` lies elsewhere.
  [[nodiscard]] std::optional<std::uint16_t> number_of(std::span<const std::byte> data) const;

 private:
  struct Piece {
    std::span<const std::byte> memory;
    std::uint16_t number = 0;
  };
  void make_table();

  Ring& ring_;
  bool asked_for_table_ = false;
  std::map<std::uintptr_t, Piece> pieces_;  ///< by where they begin
  std::vector<std::uint16_t> free_numbers_;
};

}  // namespace zonecopy
