// The file system: every operation on a mounted device, each implemented by a class of its own. It knows nothing of
// FUSE, so that a test can run it on a simulated device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "zonefs/core/access.h"
#include "zonefs/core/attributes.h"
#include "zonefs/core/copy.h"
#include "zonefs/core/gather.h"
#include "zonefs/core/late_truncate.h"
#include "zonefs/core/late_zeros.h"
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

/// All operations may be called on the loop's thread only. Those that return a Task may wait for the file, for memory
/// and for the device. If their CancelToken is requested while they wait for the file, they end with EINTR and have
/// done nothing. What is passed by pointer, reference or span must outlive the await; a CancelToken may be null.
class FileSystem {
 public:
  /// Longest read; a longer one is shortened.
  static constexpr std::size_t read_max_bytes = request_data_max_bytes;
  /// Longest copy_range.
  static constexpr std::uint64_t copy_max_bytes = Copier::copy_max_bytes;

  /// Reads the super block and all zones. Errors are those of mount(2) with zonefs; the detail is for a person. `loop`
  /// and `log` must outlive the file system, which owns `device`.
  static Task<Result<std::unique_ptr<FileSystem>>> mount(EventLoop& loop, std::unique_ptr<ZonedDevice> device,
                                                         MountOptions options, Log& log, Clock clock);
  /// Closes the device. All operations must have ended, as after unmount().
  ~FileSystem();
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;

  // Names, attributes and state. These never wait.
  [[nodiscard]] const Tree& tree() const { return volume_.tree; }
  [[nodiscard]] Result<Attributes> attributes(NodeId node) const;
  [[nodiscard]] FileSystemUsage usage() const;
  [[nodiscard]] Counters counters() const;
  /// For copies from this device to another of the mount: CopyRequest::source_volume and CopyPiece::volume.
  [[nodiscard]] Volume& volume() { return volume_; }
  /// See CopyAccounts.
  [[nodiscard]] std::vector<BytesFrom> bytes_from() const { return copy_worker_.accounts().bytes_from(); }
  /// How copies to this device from each other device of the mount would be done, by name.
  [[nodiscard]] std::vector<std::pair<std::string, CopyRoute>> routes() const;
  /// The name of the device's folder; empty where the mount has one device.
  [[nodiscard]] const std::string& name() const { return volume_.name; }
  [[nodiscard]] const MountOptions& options() const { return volume_.options; }
  [[nodiscard]] const SuperBlock& super_block() const { return volume_.super_block; }
  [[nodiscard]] const DeviceInfo& device_info() const { return volume_.info(); }
  [[nodiscard]] DeviceIdentity device_identity() const { return volume_.device->identity(); }
  /// Because of mount option ro, an error under errors=remount-ro, or a remount.
  [[nodiscard]] bool read_only() const { return volume_.read_only(); }
  [[nodiscard]] bool read_only_by_error() const { return volume_.read_only_by_error; }
  [[nodiscard]] const Health& health() const { return volume_.health; }
  [[nodiscard]] const ZoneFile& file(FileNumber number) const { return volume_.files[number]; }
  [[nodiscard]] NodeId node_of(FileNumber number) const { return volume_.node_of(number); }
  /// `callback` is called for a node whose size or mode has changed without a request of the kernel, whose cache is
  /// then wrong. It must not wait.
  void on_changed(std::function<void(NodeId)> callback) { volume_.changed = std::move(callback); }
  /// `callback` is called for a node whose times have changed without a request that would tell the kernel.
  void on_times(std::function<void(NodeId)> callback) { volume_.times = std::move(callback); }
  /// `callback` is called when a write has gone on inside a block that a reader may have in a cache. Linux drops it by
  /// itself from 6.6 on.
  void on_overwritten(std::function<void(NodeId)> callback) { volume_.overwritten = std::move(callback); }
  /// Whether the file has anything behind its write pointer (FileEnd).
  [[nodiscard]] bool has_end(FileNumber file) const { return volume_.files.ends.find(file) != nullptr; }
  /// Whether the last writer has closed the file and its size may be about to change; settled() waits for that.
  [[nodiscard]] bool is_ending(NodeId node) const;
  Task<void> settled(NodeId node);
  [[nodiscard]] const TailTally& tails() const { return volume_.tails; }

  /// Changes attributes and returns those after the change. A change of the size is as in Truncater::truncate; only
  /// that waits. Errors are those of NodeAttributes and Truncater. `through` is the open file of ftruncate(2), or null;
  /// `pid` is the calling thread.
  Task<Result<Attributes>> set_attributes(NodeId node, AttributeChange change, OpenFile* through, std::int32_t pid,
                                          const CancelToken* cancel = nullptr);

  /// See Openings.
  Task<Result<std::unique_ptr<OpenFile>>> open(FileNumber file, OpenFor use, const CancelToken* cancel = nullptr) {
    return openings_.open(file, use, cancel);
  }
  Task<void> release(std::unique_ptr<OpenFile> open_file) {
    if (open_file->late_truncate != LateTruncate::none) return truncate_and_release(std::move(open_file));
    return openings_.release(std::move(open_file));
  }

  // See LateTruncates. These never wait.
  Status truncate_later(OpenFile& open_file) { return late_truncates_.owe(open_file); }
  void keep_old(OpenFile& open_file) { late_truncates_.keep_old(open_file); }
  [[nodiscard]] bool truncation_owed(FileNumber file, const OpenFile* open_file) const {
    return late_truncates_.owed(file, open_file);
  }

  /// See Reader.
  Task<Result<ReadResult>> read(OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                IoFlags flags) {
    if (late_truncates_.owed(open_file.file, &open_file)) return read_truncated();
    return reader_.read(open_file, offset_bytes, length_bytes, flags);
  }
  /// See Writer.
  Task<Result<std::uint64_t>> write(OpenFile* open_file, FileNumber file, std::uint64_t offset_bytes,
                                    std::span<const std::byte> data, IoFlags flags) {
    if (late_truncates_.owed(file, open_file)) return truncate_and_write(open_file, file, offset_bytes, data, flags);
    return writer_.write(open_file, file, offset_bytes, data, flags);
  }
  [[nodiscard]] Status at_close(const OpenFile& open_file) const { return writer_.at_close(open_file); }
  Task<Status> sync(FileNumber file, OpenFile* open_file = nullptr, std::int32_t pid = 0,
                    const CancelToken* cancel = nullptr) {
    return writer_.sync(file, open_file, pid, cancel);
  }

  /// See Copier.
  Task<Result<std::uint64_t>> copy_range(CopyRequest request, const CancelToken* cancel) {
    const bool source_owes = request.source_volume != nullptr && !request.source_volume->owed_truncates.empty();
    if (!late_truncates_.none() || source_owes) return truncate_and_copy(request, cancel);
    return copier_.copy_range(request, cancel);
  }

  /// Whether the files that `request` reads could be opened by `user`: the index of the first that could not.
  [[nodiscard]] std::optional<std::size_t> first_denied(const GatherRequest& request, const FileUser& user) const;
  /// See Gatherer. The caller has checked what its user may read.
  Task<GatherAnswer> gather(GatherRequest request, const CancelToken* cancel) {
    const bool source_owes = std::ranges::any_of(request.pieces, [](const CopyPiece& piece) {
      return piece.volume != nullptr && !piece.volume->owed_truncates.empty();
    });
    if (!late_truncates_.none() || source_owes) return truncate_and_gather(std::move(request), cancel);
    return gatherer_.gather(std::move(request), cancel);
  }

  /// Changes the options of a running mount. Blocks for ZonedDevice::make_writable() where the mount becomes writable,
  /// whose errors it returns; then nothing has changed.
  Status remount(MountOptions options);

  /// Waits for all operations, then makes everything durable. No operation may begin after it was called.
  Task<Status> unmount();

 private:
  FileSystem(EventLoop& loop, std::unique_ptr<ZonedDevice> device, MountOptions options, Log& log, Clock clock,
             SuperBlock super_block, Tree tree, std::vector<ZoneFile> files);
  void note_read_only_option();
  Task<void> truncate_and_release(std::unique_ptr<OpenFile> open_file);
  static Task<Result<ReadResult>> read_truncated();
  Task<Result<std::uint64_t>> truncate_and_write(OpenFile* open_file, FileNumber file, std::uint64_t offset_bytes,
                                                 std::span<const std::byte> data, IoFlags flags);
  Task<Result<std::uint64_t>> truncate_and_copy(CopyRequest request, const CancelToken* cancel);
  Task<GatherAnswer> truncate_and_gather(GatherRequest request, const CancelToken* cancel);

  Volume volume_;
  Recovery recovery_;
  StreamWriter stream_;
  ConventionalWriter conventional_;
  LateZeros late_zeros_;
  NodeAttributes attributes_;
  Openings openings_;
  Reader reader_;
  Writer writer_;
  Truncater truncater_;
  LateTruncates late_truncates_;
  CopyWorker copy_worker_;
  Copier copier_;
  Gatherer gatherer_;
};

}  // namespace zonecopy::zonefs
