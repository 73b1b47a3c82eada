#include "tools/bench/subject.h"

namespace zonecopy::benching {

void Copied::add(const Copied& other) {
  copies += other.copies;
  bytes_offloaded += other.bytes_offloaded;
  bytes_kernel += other.bytes_kernel;
  bytes_emulated += other.bytes_emulated;
  commands += other.commands;
  if (not_offloaded_because.empty()) not_offloaded_because = other.not_offloaded_because;
  latencies.add(other.latencies);
}

}  // namespace zonecopy::benching
