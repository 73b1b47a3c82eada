// Opening an image: one look at its name, then only descriptors; checks, the lock, and what a power cut or a killed
// program left.
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

/// An image that has been opened and found sound.
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

/// Takes the lock for `use`, waiting a moment for a holder that is about to end (EBUSY). EINVAL if it is no image of this
/// version, damaged, or shorter than it says; the detail says which.
Result<OpenImage> open_image_file(EventLoop* loop, const std::string& path, FileDescriptor file, Use use);

/// Opens `path` for `use`.
Result<FileDescriptor> open_file_for(const std::string& path, Use use);
/// Opens what `place`, a descriptor of any kind, holds. `path` is for messages.
Result<FileDescriptor> open_place_for(const std::string& path, int place, Use use);

// open_image and inspect_image of zonecopy/image.h, for what `place` holds.
Result<std::unique_ptr<ZonedDevice>> open_image_at(EventLoop& loop, const std::string& path, int place, bool read_only);
Result<std::pair<DeviceInfo, std::vector<Zone>>> inspect_image_at(const std::string& path, int place);

/// What is left to do when an image is opened, whoever held it before.
///
/// A zone that was open is closed, or empty if nothing was written to it, as after a reset of a controller. Of blocks that
/// may not have been synced the zone keeps those in front of the first hole: in a zone that was reset all is a hole until
/// data has reached the media. Nothing is written unless `image.writable`.
Status recover(OpenImage& image);

/// The zones as a report tells them, failures included.
Result<std::vector<Zone>> describe_zones(const OpenImage& image);

/// The header and the zones of the image behind `store`, checked.
Result<OpenImage> read_image(const std::string& path, std::unique_ptr<ImageStore> store, std::uint64_t file_size_bytes);

}  // namespace zonecopy::image
