// Opens an image: checks it, takes the lock, and repairs what a power cut or a killed program has left. The name is
// used once; after that only descriptors are. All functions block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/device/image/image_format.h"
#include "src/device/image/image_store.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/result.h"

namespace zonecopy::image {

/// An image that was opened and has passed all checks.
struct OpenImage {
  std::string path;  ///< for messages: the name by which it was opened
  Header header;
  std::vector<std::uint64_t> words;  ///< the zone table
  std::unique_ptr<ImageStore> store;
  bool writable = false;
};

enum class Use : std::uint8_t {
  write,  ///< exclusively
  read,   ///< beside others that read
  look,   ///< beside anybody, also a writer: zones may change at any time
};

/// Takes the lock for `use` and reads the image. Waits a moment for a holder that is about to end, then EBUSY. EINVAL,
/// with a detail: no image, another version, damaged, or shorter than its header says.
Result<OpenImage> open_image_file(EventLoop* loop, const std::string& path, FileDescriptor file, Use use);

/// Opens `path` for `use`.
Result<FileDescriptor> open_file_for(const std::string& path, Use use);
/// Opens the file of the descriptor `place`, which may be an O_PATH one. `path` is for messages.
Result<FileDescriptor> open_place_for(const std::string& path, int place, Use use);

// open_image and inspect_image of zonecopy/image.h, for the file of the descriptor `place`.
Result<std::unique_ptr<ZonedDevice>> open_image_at(EventLoop& loop, const std::string& path, int place, bool read_only);
Result<std::pair<DeviceInfo, std::vector<Zone>>> inspect_image_at(const std::string& path, int place);

/// Brings the zones of an image that was just opened into a valid state. Writes nothing unless `image.writable`.
///
/// An open zone becomes closed, or empty if nothing was written to it, as after a controller reset. Blocks that may not
/// have been synced are kept up to the first hole: since a reset makes the whole zone a hole, a hole there is data that
/// has not reached the media.
Status recover(OpenImage& image);

/// The zones for a zone report, failures included.
Result<std::vector<Zone>> describe_zones(const OpenImage& image);

/// Reads and checks the header and the zones of the image in `store`.
Result<OpenImage> read_image(const std::string& path, std::unique_ptr<ImageStore> store, std::uint64_t file_size_bytes);

}  // namespace zonecopy::image
