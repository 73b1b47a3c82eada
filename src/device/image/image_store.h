// What an image needs of the file that holds it. Every operation can fail and says so by an errno: nothing about an
// image is mapped into memory, where a full or truncated file would kill the process instead. Tests put a store in its
// place that fails, or loses power, when it is told to.
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

  /// Once the header has been read: what is in the file, and whether it is to be written.
  virtual void prepare(const Header&, bool) {}

  // Offsets and lengths are bytes of the file; memory outlives the await.

  virtual StoreOperation read(std::span<std::byte> data, std::uint64_t offset_bytes) = 0;
  /// Reads `before` first, at `before_offset_bytes`: a few bytes that are in the page cache. -ECANCELED where it
  /// cannot.
  virtual StoreOperation read_after(std::span<std::byte> before, std::uint64_t before_offset_bytes,
                                    std::span<std::byte> data, std::uint64_t offset_bytes) = 0;
  /// How much of a write that fails is in the file is not known.
  virtual StoreOperation write(std::span<const std::byte> data, std::uint64_t offset_bytes) = 0;
  /// For the zone table: at once visible to other processes, and there after a kill -9.
  virtual StoreOperation write_table(std::span<const std::byte> data, std::uint64_t offset_bytes) = 0;

  // Each gives 0 or an errno.

  /// All that was done before is on the media: data, table and holes.
  virtual Task<int> sync() = 0;
  /// Gives the space back; the range reads as zeros.
  virtual Task<int> punch(std::uint64_t offset_bytes, std::uint64_t length_bytes) = 0;

  // The same, without waiting for the loop: when an image is opened, and for a few bytes that are in the page cache.

  virtual int read_now(std::span<std::byte> data, std::uint64_t offset_bytes) = 0;
  virtual int write_table_now(std::span<const std::byte> data, std::uint64_t offset_bytes) = 0;
  virtual int punch_now(std::uint64_t offset_bytes, std::uint64_t length_bytes) = 0;
  virtual int sync_now() = 0;

  enum class Seek : std::uint8_t { data, hole };
  /// Where from `offset_bytes` on data, or a hole, begins (lseek(2)); the end of the file where there is none. A file
  /// system that knows no holes says that all is data. May be called on any thread, and blocks.
  virtual Result<std::uint64_t> find(Seek what, std::uint64_t offset_bytes) = 0;

  [[nodiscard]] virtual FileCopyMechanism copy_mechanism() const = 0;
  [[nodiscard]] virtual bool can_copy_from(const ImageStore& source) const = 0;
  /// Data of the file `source`, which may be this one, to `destination_bytes` of this one.
  virtual Task<FileCopyOutcome> copy_from(ImageStore& source, std::uint64_t source_bytes,
                                          std::uint64_t destination_bytes, std::uint64_t length_bytes,
                                          FileCopyAllowed allowed, const CancelToken* cancel) = 0;

  /// Gives up space held back for a write that will free more than it takes. False if there is none.
  virtual bool use_reserve() = 0;
  /// Holds back that space again, as far as it can be had.
  virtual void refill_reserve() = 0;

  /// Turns a store that was opened for reading into one for writing. EROFS, EACCES or EPERM where the file does not let
  /// itself be written, EBUSY where others read it.
  virtual Status make_writable() = 0;

  /// Today's name of the file, and its id; empty where there is none.
  [[nodiscard]] virtual DeviceIdentity identity() const { return {}; }

 protected:
  ImageStore() = default;
};

}  // namespace zonecopy::image
