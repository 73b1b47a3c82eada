#include "tools/zonecopy/copy_verify.h"

#include <algorithm>
#include <numeric>

#include "tools/zonecopy/checksum.h"

namespace zonecopy::tools {
namespace {

class Verifier {
 public:
  Verifier(std::span<const VerifyTarget> targets, const std::atomic<bool>& stop,
           const std::function<void(std::uint64_t)>& progress)
      : targets_(targets),
        verifications_(targets.size()),
        positions_bytes_(targets.size()),
        hasher_(&stop, [this, &progress](std::uint64_t bytes) {
          done_bytes_ += bytes;
          if (progress) progress(done_bytes_);
        }) {}
  Verifier(const Verifier&) = delete;  // the hasher knows where this is
  Verifier& operator=(const Verifier&) = delete;

  void compare(std::size_t number, const GatherRange& range);
  [[nodiscard]] std::vector<Verification> take() { return std::move(verifications_); }

 private:
  struct Hashed {
    std::uint64_t length_bytes = 0;
    Result<std::uint64_t> hash;
  };

  std::span<const VerifyTarget> targets_;
  std::vector<Verification> verifications_;     ///< of each target
  std::vector<std::uint64_t> positions_bytes_;  ///< where in each target the next range begins, from its offset on
  std::uint64_t done_bytes_ = 0;
  RangeHasher hasher_;
};

void Verifier::compare(std::size_t number, const GatherRange& range) {
  std::optional<Hashed> source;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const VerifyTarget& target = targets_[i];
    Verification& verification = verifications_[i];
    const std::uint64_t length_bytes = target.range_bytes[number];
    if (length_bytes == 0 || verification.error) continue;
    if (!source || source->length_bytes != length_bytes) {
      source = Hashed{length_bytes, hasher_.hash(*range.file, range.offset_bytes, length_bytes)};
    }
    const std::uint64_t offset_bytes = target.offset_bytes + positions_bytes_[i];
    const Result<std::uint64_t> copy =
        source->hash ? hasher_.hash(*target.file, offset_bytes, length_bytes) : source->hash;
    if (!copy) {
      verification.error = copy.error();
      continue;
    }
    positions_bytes_[i] += length_bytes;
    verification.bytes += length_bytes;
    if (*copy != *source->hash) verification.differences.push_back({number, offset_bytes, *source->hash, *copy});
  }
}

}  // namespace

std::vector<Verification> verify_copies(std::span<const GatherRange> ranges, std::span<const VerifyTarget> targets,
                                        const std::atomic<bool>& stop,
                                        const std::function<void(std::uint64_t done_bytes)>& progress) {
  Verifier verifier(targets, stop, progress);
  for (std::size_t number = 0; number < ranges.size(); ++number) verifier.compare(number, ranges[number]);
  return verifier.take();
}

std::uint64_t bytes_to_verify(std::span<const VerifyTarget> targets) {
  std::uint64_t total_bytes = 0;
  std::uint64_t longest_bytes = 0;  // the sources are read as far as the longest copy
  for (const VerifyTarget& target : targets) {
    const std::uint64_t bytes = std::accumulate(target.range_bytes.begin(), target.range_bytes.end(), std::uint64_t{0});
    total_bytes += bytes;
    longest_bytes = std::max(longest_bytes, bytes);
  }
  return total_bytes + longest_bytes;
}

}  // namespace zonecopy::tools
