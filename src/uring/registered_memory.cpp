#include "src/uring/registered_memory.h"

namespace zonecopy {
namespace {

// More buffers than the pools of a mount have.
constexpr std::uint16_t table_size = 256;

std::uintptr_t address(const std::byte* byte) { return reinterpret_cast<std::uintptr_t>(byte); }

}  // namespace

void RegisteredMemory::make_table() {
  asked_for_table_ = true;
  if (!ring_.make_memory_table(table_size)) return;  // kernels before 5.19
  for (std::uint16_t number = table_size; number > 0; --number) free_numbers_.push_back(number - 1);
}

void RegisteredMemory::add(std::span<std::byte> memory) {
  if (!asked_for_table_) make_table();
  if (free_numbers_.empty()) return;
  // Refused where the process may not lock so much memory (RLIMIT_MEMLOCK).
  if (!ring_.set_memory(free_numbers_.back(), memory)) return;
  pieces_[address(memory.data())] = Piece{memory, free_numbers_.back()};
  free_numbers_.pop_back();
}

void RegisteredMemory::remove(std::span<std::byte> memory) {
  const auto found = pieces_.find(address(memory.data()));
  if (found == pieces_.end()) return;
  ring_.set_memory(found->second.number, {});
  free_numbers_.push_back(found->second.number);
  pieces_.erase(found);
}

std::optional<std::uint16_t> RegisteredMemory::number_of(std::span<const std::byte> data) const {
  auto after = pieces_.upper_bound(address(data.data()));
  if (after == pieces_.begin()) return std::nullopt;
  const Piece& piece = std::prev(after)->second;
  const std::size_t offset = address(data.data()) - address(piece.memory.data());
  const bool inside = offset <= piece.memory.size() && data.size() <= piece.memory.size() - offset;
  return inside ? std::optional(piece.number) : std::nullopt;
}

}  // namespace zonecopy
