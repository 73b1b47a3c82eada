#include "tools/bench/walk.h"

namespace zonecopy::benching {

std::uint64_t mix(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

Walk::Walk(const Plan& plan, const Shape& shape, const Load& load, std::size_t job)
    : shape_(shape),
      random_(load.random),
      seed_(mix(load.seed + job)),
      steps_a_zone_(plan.zone_bytes / shape.bytes()),
      sources_a_zone_(plan.zone_bytes / shape.block_bytes) {
  for (std::size_t zone = 0; zone < plan.jobs[job].sources.size(); ++zone) {
    steps_ += plan.zone_fill_bytes(zone) / shape.bytes();
    sources_ += plan.zone_fill_bytes(zone) / shape.block_bytes;
  }
}

std::uint64_t Walk::source_number(std::uint64_t step, std::uint32_t range) const {
  if (random_) return mix(seed_ + step * shape_.ranges + range) % sources_;
  return (shape_.ranges - 1 - range) * steps_ + step;
}

Step Walk::step(std::uint64_t number) const {
  Step step;
  step.destination = {number / steps_a_zone_, number % steps_a_zone_ * shape_.bytes()};
  step.sources.reserve(shape_.ranges);
  for (std::uint32_t range = 0; range < shape_.ranges; ++range) {
    const std::uint64_t source = source_number(number, range);
    step.sources.push_back({source / sources_a_zone_, source % sources_a_zone_ * shape_.block_bytes});
  }
  return step;
}

}  // namespace zonecopy::benching
