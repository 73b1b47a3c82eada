#include "tools/bench/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/bench/pattern.h"
#include "zonecopy/buffer.h"

namespace zonecopy::benching {
namespace {

constexpr std::uint64_t read_bytes = 1U << 20;

/// The copies of one job, as a stream of bytes that is read in pieces of any length.
class JobCheck {
 public:
  JobCheck(const Plan& plan, const Load& load, const Shape& shape, std::size_t job)
      : zones_(plan.jobs[job]), seed_(load.seed), shape_(shape), walk_(plan, shape, load, job) {}

  [[nodiscard]] const Walk& walk() const { return walk_; }

  /// Where `data`, which begins `offset_bytes` behind the begin of copy `first`, is not what it should be.
  std::optional<std::size_t> find_difference(std::uint64_t first, std::uint64_t offset_bytes,
                                             std::span<const std::byte> data) {
    for (std::size_t done = 0; done < data.size();) {
      const std::uint64_t at = offset_bytes + done;
      const std::uint64_t number = first + at / shape_.bytes();
      if (number != number_) step_ = walk_.step(number_ = number);
      const JobPlace& source = step_.sources[at % shape_.bytes() / shape_.block_bytes];
      const std::uint64_t in_range = at % shape_.block_bytes;
      const auto length = std::min<std::uint64_t>(data.size() - done, shape_.block_bytes - in_range);
      const std::optional<std::size_t> difference = benching::find_difference(
          seed_, zones_.sources[source.zone], source.offset_bytes + in_range, data.subspan(done, length));
      if (difference) return done + *difference;
      done += length;
    }
    return std::nullopt;
  }

 private:
  const JobZones& zones_;
  std::uint64_t seed_;
  Shape shape_;
  Walk walk_;
  std::uint64_t number_ = UINT64_MAX;
  Step step_;
};

}  // namespace

Status verify(Subject& subject, const Plan& plan, const Load& load, const Shape& shape, const Watch& watch) {
  const Buffer buffer(read_bytes);
  const std::uint64_t steps_a_zone = plan.zone_bytes / shape.bytes();
  for (std::size_t job = 0; job < plan.jobs.size(); ++job) {
    JobCheck check(plan, load, shape, job);
    for (std::uint64_t first = 0; first < check.walk().steps(); first += steps_a_zone) {
      const std::size_t zone = plan.jobs[job].destinations[first / steps_a_zone];
      const std::uint64_t end_bytes = std::min(steps_a_zone, check.walk().steps() - first) * shape.bytes();
      for (std::uint64_t done = 0; done < end_bytes;) {
        if (watch.stopped()) return Error(EINTR, "verify", "interrupted").on_device(subject.facts().name);
        const std::span<std::byte> data = buffer.first(std::min(read_bytes, end_bytes - done));
        const Status read = subject.read(zone, done, data);
        if (!read) return read;
        const std::optional<std::size_t> difference = check.find_difference(first, done, data);
        if (difference) {
          return Error(EIO, "verify", fmt::format("byte {} is not what its source holds", done + *difference))
              .on_device(subject.facts().name)
              .at_zone(zone);
        }
        done += data.size();
        watch.done(data.size());
      }
    }
  }
  return {};
}

}  // namespace zonecopy::benching
