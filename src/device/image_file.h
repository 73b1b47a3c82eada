// An open image file: its descriptors, header and the zone table in a shared mapping.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "device/file_descriptor.h"
#include "device/image_format.h"
#include "zonecopy/result.h"

namespace zonecopy::image {

/// The zone table, mapped from the file: a state stored here survives the process, whatever ends it.
class ZoneTable {
 public:
  ZoneTable() = default;
  static Result<ZoneTable> map(int fd, const Header& header, bool writable);
  ZoneTable(ZoneTable&& other) noexcept;
  ZoneTable& operator=(ZoneTable&& other) noexcept;
  ~ZoneTable();

  [[nodiscard]] std::uint64_t load(ZoneIndex zone) const;
  /// Stores `to` if the word still is `from`: another process may put a zone into read-only or offline at any time.
  bool replace(ZoneIndex zone, std::uint64_t from, std::uint64_t to);

 private:
  std::uint64_t* words_ = nullptr;
  void* mapping_ = nullptr;
  std::size_t mapping_size_bytes_ = 0;
};

struct ImageFile {
  std::string path;
  FileDescriptor buffered;  ///< for the table, the lock, sharing of extents and fdatasync
  FileDescriptor data;      ///< O_DIRECT where the file system beneath does it for this block size
  Header header;
  ZoneTable table;
  bool writable = false;

  [[nodiscard]] std::uint64_t offset_of(Lba lba) const {
    return header.data_offset_bytes + lba * header.block_size_bytes;
  }
};

/// Opens and checks: an image of this version, undamaged, as long as it says. `exclusive` takes the lock that says
/// "in use", waiting a moment for a holder that is about to end.
Result<ImageFile> open_image_file(const std::string& path, bool writable, bool exclusive);

}  // namespace zonecopy::image
