// zonefs, as whoever mounts it uses it: every operation, each of which is a part of its own. Knows nothing of FUSE: a test can
// drive it over a simulated device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "zonefs/core/attributes.h"
#include "zonefs/core/copy.h"
#include "zonefs/core/openings.h"
#include "zonefs/core/read.h"
#include "zonefs/core/recovery.h"
#include "zonefs/core/request_size.h"
#include "zonefs/core/truncate.h"
#include "zonefs/core/volume.h"
#include "zonefs/core/write.h"

namespace zonecopy::zonefs {

struct Counters : CopyCounters {
  std::uint32_t max_open_sequential_files = 0;
  std::uint32_t open_sequential_files = 0;
  std::uint32_t max_active_sequential_files = 0;
  std::uint32_t active_sequential_files = 0;
};

/// All operations belong to the loop's thread. Those that return a Task may wait: for the file (a token that is requested
/// then ends the wait with EINTR, and nothing was done), for memory, and for the device.
class FileSystem {
 public:
  /// Longest read; longer ones are cut to it.
  static constexpr std::size_t read_max_bytes = request_data_max_bytes;
  /// Longest copy_range.
  static constexpr std::uint64_t copy_max_bytes = Copier::copy_max_bytes;

  /// Reads the super block and all zones. Errors are those of mount(8) with zonefs; the detail is for a person. `loop` and
  /// `log` outlive the file system.
  static Task<Result<std::unique_ptr<FileSystem>>> mount(EventLoop& loop, std::unique_ptr<ZonedDevice> device,
                                                         MountOptions options, Log& log, Clock clock);
  ~FileSystem();
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;

  // Names and attributes. These never wait.
  [[nodiscard]] const Tree& tree() const { return volume_.tree; }
  [[nodiscard]] Result<Attributes> attributes(NodeId node) const { return attributes_.of(node); }
  [[nodiscard]] FileSystemUsage usage() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] const MountOptions& options() const { return volume_.options; }
  [[nodiscard]] const SuperBlock& super_block() const { return volume_.super_block; }
  [[nodiscard]] const DeviceInfo& device_info() const { return volume_.info(); }
  [[nodiscard]] DevicePlace device_place() const { return volume_.device->place(); }
  /// Set by mount option ro, by an error under errors=remount-ro, or by remount.
  [[nodiscard]] bool read_only() const { return volume_.read_only(); }
  [[nodiscard]] bool read_only_by_error() const { return volume_.read_only_by_error; }
  [[nodiscard]] const Health& health() const { return volume_.health; }
  [[nodiscard]] const ZoneFile& file(FileNumber number) const { return volume_.files[number]; }
  /// Called with the node whose size or mode changed behind the kernel's back.
  void on_changed(std::function<void(NodeId)> callback) { volume_.changed = std::move(callback); }

  /// EPERM on a bad zone, EROFS; truncate as zone reset (0) and finish (capacity). `through`: the open of ftruncate. Waits
  /// only where the size changes.
  Task<Result<Attributes>> set_attributes(NodeId node, AttributeChange change, OpenFile* through, std::int32_t pid,
                                          const CancelToken* cancel = nullptr);

  /// See Openings.
  Task<Result<std::unique_ptr<OpenFile>>> open(FileNumber file, OpenFor use, const CancelToken* cancel = nullptr) {
    return openings_.open(file, use, cancel);
  }
  Task<void> release(std::unique_ptr<OpenFile> open_file) { return openings_.release(std::move(open_file)); }

  /// See Reader.
  Task<Result<ReadResult>> read(OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                IoFlags flags) {
    return reader_.read(open_file, offset_bytes, length_bytes, flags);
  }
  /// See Writer.
  Task<Result<std::uint64_t>> write(OpenFile* open_file, FileNumber file, std::uint64_t offset_bytes,
                                    std::span<const std::byte> data, IoFlags flags) {
    return writer_.write(open_file, file, offset_bytes, data, flags);
  }
  Task<Status> sync(FileNumber file, OpenFile* open_file = nullptr, std::int32_t pid = 0,
                    const CancelToken* cancel = nullptr) {
    return writer_.sync(file, open_file, pid, cancel);
  }

  /// See Copier.
  Task<Result<std::uint64_t>> copy_range(CopyRequest request, const CancelToken* cancel) {
    return copier_.copy_range(request, cancel);
  }

  /// Takes over what may change on a running mount. EROFS, EACCES or EBUSY where the device cannot become writable.
  Status remount(MountOptions options);

  /// Waits for all requests, then makes everything durable.
  Task<Status> unmount();

 private:
  FileSystem(EventLoop& loop, std::unique_ptr<ZonedDevice> device, MountOptions options, Log& log, Clock clock,
             SuperBlock super_block, Tree tree, std::vector<ZoneFile> files);
  void note_read_only_option();

  Volume volume_;
  Recovery recovery_;
  NodeAttributes attributes_;
  Openings openings_;
  Reader reader_;
  Writer writer_;
  Truncater truncater_;
  Copier copier_;
};

}  // namespace zonecopy::zonefs
