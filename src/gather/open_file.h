// What the ways of a gather need of a file or zone beyond what GatherFile offers to users.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "zonecopy/gather.h"

namespace zonecopy::gather {

/// Where a file lives. What has one home can be copied without the data passing through this process.
struct Home {
  enum class Kind : std::uint8_t {
    zonecopyfs,  ///< a mount that knows the gather request
    mount,       ///< any other mount
    device,      ///< a device or image that is not mounted
  };
  Kind kind = Kind::mount;
  std::uint64_t number = 0;  ///< st_dev; of a device the address of its OpenDevice
  friend bool operator==(const Home&, const Home&) = default;
};

/// GatherFileFacts, and what only the checks need.
struct FileFacts : GatherFileFacts {
  bool whole_blocks = false;  ///< it takes no write of a part of a block
  bool appends = false;       ///< it was opened with O_APPEND, which makes every write one at the end
};

/// What a write has done: `bytes` were written, from the start on, also where there is an error.
struct Written {
  std::uint64_t bytes = 0;
  std::optional<Error> error;
};

class OpenFile : public GatherFile {
 public:
  Result<GatherFileFacts> facts() final {
    Result<FileFacts> all = all_facts();
    if (!all) return all.error();
    return GatherFileFacts(*all);  // NOLINT(cppcoreguidelines-slicing): the rest is for the checks
  }

  [[nodiscard]] virtual Home home() const = 0;
  virtual Result<FileFacts> all_facts() = 0;
  /// Why it cannot be read or written at all: EBADF, or what its zone says.
  virtual Status check_source() = 0;
  virtual Status check_destination() = 0;
  /// Writes all of `data`, unless there is an error. `data` is aligned to pages.
  virtual Written write(std::uint64_t offset_bytes, std::span<const std::byte> data) = 0;
  /// An error of a gather that names the file, and its zone where that is known.
  [[nodiscard]] virtual Error make_error(int code, std::string detail) const {
    return Error(code, "gather", std::move(detail)).on_device(name());
  }
};

}  // namespace zonecopy::gather
