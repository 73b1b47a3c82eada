// The operations that an image needs from the file that holds it. Each reports errors by an errno. No part of an image
// is mapped into memory, where a full or truncated file would kill the process. Tests use a store of their own that
// fails, or loses power, on demand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "src/device/file_copy.h"
#include "src/device/image/image_format.h"
#include "src/device/image/store_operation.h"
#include "zonecopy/device.h"
#include "zonecopy/result.h"
#include "zonecopy/sync.h"
#include "zonecopy/task.h"

namespace zonecopy::image {

class ImageStore {
 public:
  virtual ~ImageStore() = default;
  ImageStore(const ImageStore&) = delete;
  ImageStore& operator=(const ImageStore&) = delete;

  /// Called after the header has been read, with the header and whether the file will be written.
  virtual void prepare(const Header&, bool) {}

  // Offsets and lengths are bytes of the file. Memory must outlive the await.

  virtual StoreOperation read(std::span<std::byte> data, std::uint64_t offset_bytes) = 0;
  /// Reads `before` first, a few bytes that are in the page cache, and gives the result of the second read. -ECANCELED
  /// if the first one failed.
  virtual StoreOperation read_after(std::span<std::byte> before, std::uint64_t before_offset_bytes,
                                    std::span<std::byte> data, std::uint64_t offset_bytes) = 0;
  /// How much of a write that fails is in the file is not known.
  virtual StoreOperation write(std::span<const std::byte> data, std::uint64_t offset_bytes) = 0;
  /// For the zone table: other processes see the data at once, and it stays if this process is killed.
  virtual StoreOperation write_table(std::span<const std::byte> data, std::uint64_t offset_bytes) = 0;

  // Each gives 0 or an errno.

  /// Brings to the media everything that was done before: data, table and holes.
  virtual Task<int> sync() = 0;
  /// Makes a hole: the space is freed, and the range reads as zeros.
  virtual Task<int> punch(std::uint64_t offset_bytes, std::uint64_t length_bytes) = 0;

  // The same, but blocking: for opening an image, and for a few bytes that are in the page cache.

  virtual int read_now(std::span<std::byte> data, std::uint64_t offset_bytes) = 0;
  virtual int write_table_now(std::span<const std::byte> data, std::uint64_t offset_bytes) = 0;
  virtual int punch_now(std::uint64_t offset_bytes, std::uint64_t length_bytes) = 0;
  virtual int sync_now() = 0;

  enum class Seek : std::uint8_t { data, hole };
  /// The offset, from `offset_bytes` on, at which data or a hole begins (lseek(2)); the end of the file if there is
  /// none. A file system without holes reports only data. Blocks; may be called on any thread.
  virtual Result<std::uint64_t> find(Seek what, std::uint64_t offset_bytes) = 0;

  [[nodiscard]] virtual FileCopyMechanism copy_mechanism() const = 0;
  [[nodiscard]] virtual bool can_copy_from(const ImageStore& source) const = 0;
  struct SourceRange {
    std::uint64_t offset_bytes = 0;
    std::uint64_t length_bytes = 0;
  };
  struct Copied {
    FileCopyOutcome outcome;
    /// find(Seek::hole) from `destination_bytes` on, after the copy. Meaningless where nothing was copied.
    Result<std::uint64_t> hole_bytes = std::uint64_t{0};
  };
  /// Copies ranges of `source`, which may be this file, one behind the other to offset `destination_bytes` of this file,
  /// as copy_ranges_between_files() does, and looks for holes in the copy: both on one thread, since a second wait for
  /// one costs more than either. `ranges` must outlive the await.
  virtual Task<Copied> copy_from(ImageStore& source, std::span<const SourceRange> ranges,
                                 std::uint64_t destination_bytes, FileCopyAllowed allowed,
                                 const CancelToken* cancel) = 0;

  /// Frees the space that is held back, for a write that will free more than it takes. False if there is none.
  virtual bool use_reserve() = 0;
  /// Holds back that space again, if there is any.
  virtual void refill_reserve() = 0;

  /// Makes a store that was opened for reading writable. EROFS, EACCES or EPERM: the file cannot be written. EBUSY:
  /// others read it. Blocks.
  virtual Status make_writable() = 0;

  /// The current name of the file and its id; empty where it has none.
  [[nodiscard]] virtual DeviceIdentity identity() const { return {}; }

 protected:
  ImageStore() = default;
};

}  // namespace zonecopy::image
