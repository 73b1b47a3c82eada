// What a benchmark of copies is to do: the load shape of the fio fork that the kernel's copy offload series was measured with.
// Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "zonecopy/result.h"

namespace zonecopy::benching {

enum class Mode : std::uint8_t {
  automatic,   ///< copies, by the best way there is
  offload,     ///< copies that move no data through the host, or fail
  emulate,     ///< copies that the copy engine emulates
  read_write,  ///< the load reads and writes, range by range: what copies are compared with
};
/// "auto", "offload", "emulate", "read-write".
[[nodiscard]] std::string_view to_string(Mode mode);
/// EINVAL with a detail for a person.
Result<Mode> parse_mode(std::string_view text);

/// One copy: `ranges` source ranges of `block_bytes` each.
struct Shape {
  std::uint64_t block_bytes = 0;
  std::uint32_t ranges = 1;
  [[nodiscard]] std::uint64_t bytes() const { return block_bytes * ranges; }
};

struct Load {
  std::vector<Shape> shapes;
  std::vector<Mode> modes;
  std::uint32_t jobs = 32;                 ///< each has one copy under way
  std::uint64_t job_bytes = 384ULL << 20;  ///< that each job copies, of every shape
  std::uint32_t rounds = 1;                ///< how often each shape is measured in each mode
  bool random = false;                     ///< ranges lie anywhere in the job's sources, not one behind the other
  bool verify = false;                     ///< what was copied is read back
  std::uint64_t seed = 1;                  ///< of the data, and of the places of ranges
};

}  // namespace zonecopy::benching
