#include "src/uring/registered_memory.h"

namespace zonecopy {
namespace {

// More buffers than the pools of a mount have.
constexpr std::uint16_t table_size = 256;

std::uintptr_t address(const std::byte* byte) { return reinterpret_cast<std::uintptr_t>(byte); }

}  // namespace

void RegisteredMemory::register_buffers() {
  registered_ = true;
  if (!ring_.register_sparse_buffers(table_size)) return;  // kernels before 5.19
  for (std::uint16_t index = table_size; index > 0; --index) free_indexes_.push_back(index - 1);
}

void RegisteredMemory::add(std::span<std::byte> memory) {
  if (!registered_) register_buffers();
  if (free_indexes_.empty()) return;
  // The kernel refuses if the process may not lock so much memory (RLIMIT_MEMLOCK).
  if (!ring_.update_buffer(free_indexes_.back(), memory)) return;
  pieces_[address(memory.data())] = Piece{memory, free_indexes_.back()};
  free_indexes_.pop_back();
}

void RegisteredMemory::remove(std::span<std::byte> memory) {
  const auto found = pieces_.find(address(memory.data()));
  if (found == pieces_.end()) return;
  ring_.update_buffer(found->second.index, {});
  free_indexes_.push_back(found->second.index);
  pieces_.erase(found);
}

std::optional<std::uint16_t> RegisteredMemory::buffer_index(std::span<const std::byte> data) const {
  auto after = pieces_.upper_bound(address(data.data()));
  if (after == pieces_.begin()) return std::nullopt;
  const Piece& piece = std::prev(after)->second;
  const std::size_t offset = address(data.data()) - address(piece.memory.data());
  const bool inside = offset <= piece.memory.size() && data.size() <= piece.memory.size() - offset;
  return inside ? std::optional(piece.index) : std::nullopt;
}

}  // namespace zonecopy
