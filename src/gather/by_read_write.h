// A step by reading and writing in this process: one read of the sources, however many destinations there are.
#pragma once

#include "src/gather/track.h"
#include "zonecopy/buffer.h"

namespace zonecopy::gather {

class ReadWrite {
 public:
  /// `unit_bytes`: writes end at multiples of it, but for the last one of a step, in the destination whose first byte goes
  /// to `offset_bytes`.
  ReadWrite(std::uint64_t unit_bytes, std::uint64_t offset_bytes)
      : unit_bytes_(unit_bytes), offset_bytes_(offset_bytes) {}

  /// Copies `parts` to all of `tracks`, which are live and have come to the same place. Where a source fails, what was
  /// read before it is still written, and all of them fail.
  void copy(const Work& work, std::vector<Part> parts, std::span<Track* const> tracks);

 private:
  struct Filled {
    std::uint64_t bytes = 0;
    std::optional<Error> error;
    Part failed;
  };
  Filled fill(const Work& work, const std::vector<Part>& parts);
  /// How much of the buffer to write behind the first `done_bytes`.
  [[nodiscard]] std::uint64_t to_write(const Filled& filled, std::uint64_t done_bytes) const;

  std::uint64_t unit_bytes_;
  std::uint64_t offset_bytes_;
  Buffer buffer_;
};

}  // namespace zonecopy::gather
