// Memory for the data of commands: a budget that all connections share, so that no number of hosts and commands makes the
// target grow. What is not there is waited for, first come, first served.
#pragma once

#include <array>
#include <cstdint>

#include "zonecopy/buffer.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::target {

/// On the loop's thread only.
class CommandMemory {
 public:
  /// `largest_bytes`: the most data of one command; `capsule_bytes`: the most that comes with one.
  CommandMemory(EventLoop& loop, std::uint32_t largest_bytes, std::uint32_t capsule_bytes);

  /// Awaiting gives room for `bytes`, at most what the object was made for; see BufferPool::acquire().
  [[nodiscard]] BufferPool::Acquire acquire(std::uint32_t bytes) { return pool_for(bytes).acquire(); }
  /// The same for data that comes with a command, before which nothing more can be received on its connection. It has
  /// buffers of its own: all others may be held by commands whose data has yet to come on that very connection.
  [[nodiscard]] BufferPool::Acquire acquire_capsule() { return capsules_.acquire(); }
  /// Bytes that are lent now.
  [[nodiscard]] std::uint64_t lent_bytes() const;

 private:
  BufferPool& pool_for(std::uint32_t bytes);

  std::array<BufferPool, 3> pools_;
  BufferPool capsules_;
};

}  // namespace zonecopy::target
