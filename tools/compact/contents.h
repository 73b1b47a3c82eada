// Reads zones to tell whether they hold what they should.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/compact/plan.h"
#include "zonecopy/gather.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

/// The XXH3 of a range; EINTR when it is to stop.
using HashRange =
    std::function<Result<std::uint64_t>(GatherFile& file, std::uint64_t offset_bytes, std::uint64_t length_bytes)>;

class Contents {
 public:
  /// `gatherer` must outlive this.
  Contents(Gatherer& gatherer, HashRange hash, std::string mount_point)
      : gatherer_(gatherer), hash_(std::move(hash)), mount_point_(std::move(mount_point)) {}

  [[nodiscard]] std::string path_of(ZoneNumber zone) const { return mount_point_ + "/" + name_of(zone); }
  Result<std::shared_ptr<GatherFile>> open(ZoneNumber zone, Gatherer::Access access);
  /// Its size now.
  Result<std::uint64_t> size_bytes(ZoneNumber zone);
  Result<std::uint64_t> hash(ZoneNumber zone, std::uint64_t offset_bytes, std::uint64_t length_bytes);
  /// Of some blocks of the first `size_bytes`, the first and the last among them, as one number.
  Result<std::uint64_t> sample(ZoneNumber zone, std::uint64_t size_bytes, std::uint64_t block_size_bytes);

 private:
  Gatherer& gatherer_;
  HashRange hash_;
  std::string mount_point_;
  // The file that was read last: neighbouring extents are of one zone.
  std::optional<ZoneNumber> open_zone_;
  std::shared_ptr<GatherFile> open_file_;
};

/// Fills in the hashes of a plan: of all live extents, and the victims' samples.
Status read_hashes(Contents& contents, std::uint64_t block_size_bytes, Plan& plan);

}  // namespace zonecopy::compact
