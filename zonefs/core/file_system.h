// The operations of zonefs, in terms of zone files. Knows nothing of FUSE: a test can drive it over a simulated device.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zonecopy/buffer.h"
#include "zonecopy/copy.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"
#include "zonefs/core/health.h"
#include "zonefs/core/log.h"
#include "zonefs/core/request_size.h"
#include "zonefs/core/split_call.h"
#include "zonefs/core/timestamp.h"
#include "zonefs/core/tree.h"
#include "zonefs/core/zone_file.h"
#include "zonefs/disk/super_block.h"
#include "zonefs/options/options.h"

namespace zonecopy::zonefs {

/// Nanoseconds since the epoch. Passed in, so that a test decides.
using Clock = std::function<std::int64_t()>;

struct Attributes {
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  ///< type and permissions, as st_mode
  std::uint32_t links = 1;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t block_size_bytes = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t sectors = 0;  ///< st_blocks: units of 512 bytes
  Timestamp access_time;
  Timestamp modification_time;
  Timestamp change_time;
};

/// What setattr changes; what is absent stays.
struct AttributeChange {
  std::optional<std::uint64_t> size_bytes;
  bool size_changes_times = true;  ///< ftruncate(2) and O_TRUNC do, truncate(2) does not
  std::optional<std::uint32_t> permissions;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<Timestamp> access_time;
  std::optional<Timestamp> modification_time;
};

struct FileSystemUsage {
  std::uint32_t block_size_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_free = 0;
  std::uint64_t files = 0;
};

/// What open(2) is for. `control` is Linux's access mode 3: it needs leave to write, and neither reads nor writes.
enum class OpenFor : std::uint8_t { reading, control, writing };

/// What has been copied to a file, by the way it took (CopyPath).
struct CopyTally {
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::string not_offloaded_because;  ///< of the last copy that was not offloaded; empty if there was none
};

/// One open(2) of a zone file.
struct OpenFile {
  FileNumber file = 0;
  bool writable = false;
  /// A write through this open ended early while the kernel still took the file for empty: it may now send a truncate
  /// to 0 of its own accord ("compensating truncate"), which must not reset the zone. By the process that wrote.
  std::optional<std::int32_t> expect_compensating_truncate_of_pid;
  std::uint64_t size_at_call_start_bytes = 0;
  std::uint32_t writes_in_flight = 0;
  CutCalls cut_reads;
  CutCalls cut_writes;  ///< to a conventional file
  HeldTail tail;        ///< of a write to a sequential file
  CopyTally copied;     ///< by calls whose destination was this open
};

/// How a read or write was asked for.
struct IoFlags {
  bool direct = false;      ///< O_DIRECT
  bool append = false;      ///< O_APPEND
  bool sync = false;        ///< O_SYNC or O_DSYNC, RWF_DSYNC
  bool write_back = false;  ///< the kernel writes back pages of a shared mapping
  std::int32_t pid = 0;
};

struct Counters {
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t copies_offloaded = 0;  ///< copy requests of which all was offloaded
  std::uint64_t copies_kernel = 0;     ///< of which the kernel below moved some, and none was emulated
  std::uint64_t copies_emulated = 0;   ///< copy requests of which some was emulated
  std::string last_fallback;           ///< why the last copy that was not offloaded was not; empty if none
  std::uint32_t max_open_sequential_files = 0;
  std::uint32_t open_sequential_files = 0;
  std::uint32_t max_active_sequential_files = 0;
  std::uint32_t active_sequential_files = 0;
};

/// Data of a read: `data` points into `loan`.
struct ReadResult {
  BufferPool::Loan loan;
  std::span<const std::byte> data;
};

struct CopyRequest {
  FileNumber source = 0;
  std::uint64_t source_offset_bytes = 0;
  FileNumber destination = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
  OpenFile* through = nullptr;  ///< the destination's open, which counts the copy as well; it outlives the call
};

class FileSystem {
 public:
  /// Longest read; longer ones are cut to it.
  static constexpr std::size_t read_max_bytes = request_data_max_bytes;
  /// Longest copy_range: the reply of FUSE has 32 bits, and a copy ends on a page.
  static constexpr std::uint64_t copy_max_bytes = 0xfffff000;

  /// Reads the super block and all zones. Errors are those of mount(8) with zonefs; the detail is for a person.
  static Task<Result<std::unique_ptr<FileSystem>>> mount(EventLoop& loop, std::unique_ptr<ZonedDevice> device,
                                                         MountOptions options, Log& log, Clock clock);
  ~FileSystem();

  // Names and attributes. These never wait.
  [[nodiscard]] const Tree& tree() const { return tree_; }
  [[nodiscard]] Result<Attributes> attributes(NodeId node) const;
  [[nodiscard]] FileSystemUsage usage() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] const MountOptions& options() const { return options_; }
  [[nodiscard]] const SuperBlock& super_block() const { return super_block_; }
  [[nodiscard]] const DeviceInfo& device_info() const { return device_->info(); }
  [[nodiscard]] DevicePlace device_place() const { return device_->place(); }
  /// Set by mount option ro, by an error under errors=remount-ro, or by remount.
  [[nodiscard]] bool read_only() const { return options_.read_only || read_only_by_error_; }
  [[nodiscard]] bool read_only_by_error() const { return read_only_by_error_; }
  [[nodiscard]] const Health& health() const { return health_; }
  [[nodiscard]] const ZoneFile& file(FileNumber number) const { return files_[number]; }
  /// Called with the node whose size or mode changed behind the kernel's back.
  void on_changed(std::function<void(NodeId)> callback) { changed_ = std::move(callback); }

  /// EPERM on a bad zone, EROFS; truncate as zone reset (0) and finish (capacity). `through`: the open of ftruncate.
  Task<Result<Attributes>> set_attributes(NodeId node, AttributeChange change, OpenFile* through, std::int32_t pid);

  Task<Result<std::unique_ptr<OpenFile>>> open(FileNumber file, OpenFor use);
  /// Last use of an open file. Never fails for the caller, as close(2).
  Task<void> release(std::unique_ptr<OpenFile> open_file);

  Task<Result<ReadResult>> read(OpenFile& open_file, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                IoFlags flags);
  /// Returns the bytes written, which may be fewer. `open_file` may be null for write-back. `data` lives until then.
  Task<Result<std::uint64_t>> write(OpenFile* open_file, FileNumber file, std::uint64_t offset_bytes,
                                    std::span<const std::byte> data, IoFlags flags);
  /// EIO also where a direct write through `open_file` has ended inside a block after its last piece was acknowledged.
  Task<Status> sync(FileNumber file, OpenFile* open_file = nullptr, std::int32_t pid = 0);

  /// Bytes copied (0 at the end of the source). zonecopyfs(8), "COPYING", has the errors.
  Task<Result<std::uint64_t>> copy_range(CopyRequest request, const CancelToken* cancel);

  /// Takes over what may change on a running mount. EROFS, EACCES or EBUSY where the device cannot become writable.
  Status remount(MountOptions options);

  /// Waits for all requests, then makes everything durable.
  Task<Status> unmount();

 private:
  /// What can be changed of a directory, in memory.
  struct Directory {
    std::uint32_t permissions = 0555;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    Timestamp access_time;
    Timestamp modification_time;
    Timestamp change_time;
  };
  /// Where one part of a file is on the device.
  struct Place {
    Lba lba = 0;
    std::uint64_t zone_left_blocks = 0;  ///< to the end of the zone
  };

  FileSystem(EventLoop& loop, std::unique_ptr<ZonedDevice> device, MountOptions options, Log& log, Clock clock,
             SuperBlock super_block, Tree tree, std::vector<ZoneFile> files);

  // file_system.cpp: attributes
  [[nodiscard]] Attributes directory_attributes(const Node& node) const;
  Status change_directory(Directory& directory, const AttributeChange& change);
  void change_file(ZoneFile& file, const AttributeChange& change);
  [[nodiscard]] Status may_change(const ZoneFile& file, const AttributeChange& change, const OpenFile* through) const;
  Task<Status> truncate(FileNumber number, std::uint64_t size_bytes, OpenFile* through, std::int32_t pid);
  Task<Status> truncate_locked(FileNumber number, std::uint64_t size_bytes);
  Task<Status> manage(FileNumber number, ZoneAction action);

  // open_close.cpp
  Task<Status> first_write_open(FileNumber number);
  Task<void> last_write_close(FileNumber number);

  // file_io.cpp: read, write, sync
  Task<Result<std::uint64_t>> write_locked(OpenFile* open_file, FileNumber number, std::uint64_t offset_bytes,
                                           std::span<const std::byte> data, IoFlags flags);
  Task<Result<std::uint64_t>> write_sequential(FileNumber number, std::uint64_t offset_bytes,
                                               std::span<const std::byte> data, IoFlags flags);
  Task<Result<std::uint64_t>> write_conventional(FileNumber number, std::uint64_t offset_bytes,
                                                 std::span<const std::byte> data, IoFlags flags);
  Task<Status> write_blocks(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data,
                            bool append);
  Task<Status> rewrite_blocks(FileNumber number, std::uint64_t offset_bytes, std::span<const std::byte> data);
  Task<Status> read_blocks(FileNumber number, std::uint64_t offset_bytes, std::span<std::byte> data);
  Task<Status> flush_after_write(FileNumber number);

  // write_pieces.cpp: writes to a sequential file that the kernel has cut inside a block
  Task<Result<std::uint64_t>> write_piece(OpenFile& open_file, std::uint64_t offset_bytes,
                                          std::span<const std::byte> data, IoFlags flags);
  Task<Result<std::uint64_t>> write_after(OpenFile& open_file, const WriteTail& tail, std::span<const std::byte> data,
                                          IoFlags flags);
  Task<std::optional<bool>> call_goes_on(const WriteTail& tail, IoFlags flags);

  // copy_range.cpp
  Result<CopyRequest> clip_copy(CopyRequest request) const;
  Task<Result<std::uint64_t>> copy_locked(CopyRequest request, const CancelToken* cancel);
  [[nodiscard]] std::vector<CopyJob> copy_jobs(const CopyRequest& request) const;
  void count_copy(const CopyReport& report, CopyTally* tally);

  void note_read_only_option();

  // io_error.cpp: section "I/O errors" of zonefs.rst
  Task<void> handle_io_error(FileNumber number, const Error& cause, bool write);
  Task<void> follow_zone(FileNumber number);
  Task<void> handle_read_error(FileNumber number, const Error& cause);
  void apply_error_policy(FileNumber number, std::uint64_t readable_bytes, const Error& cause);
  void set_read_only_by_error(const std::string& reason);

  // accounting
  [[nodiscard]] Timestamp now() const { return Timestamp::from_nanoseconds(clock_()); }
  void set_size(ZoneFile& file, std::uint64_t size_bytes);
  void account_active(ZoneFile& file);
  [[nodiscard]] Place place(const ZoneFile& file, std::uint64_t offset_bytes) const;
  [[nodiscard]] std::uint64_t block_size_bytes() const { return device_->info().block_size_bytes; }
  [[nodiscard]] bool whole_blocks(std::uint64_t bytes) const { return bytes % block_size_bytes() == 0; }
  [[nodiscard]] ZoneIndex zone_of(const ZoneFile& file) const { return device_->info().zone_of(file.start_lba); }
  [[nodiscard]] Error refuse(int code, const char* operation, FileNumber number) const;
  void log_error(const Error& error) {
    health_.note_error(error.to_string());
    log_.write(Severity::error, error.to_string());
  }

  EventLoop& loop_;
  std::unique_ptr<ZonedDevice> device_;
  MountOptions options_;
  Log& log_;
  Clock clock_;
  SuperBlock super_block_;
  Tree tree_;
  std::vector<ZoneFile> files_;  ///< by FileNumber
  Directory directories_[3];     ///< root, cnv, seq
  KeyedLocks locks_;             ///< by FileNumber; two are taken in ascending order
  Gate requests_;
  BufferPool buffers_;
  bool read_only_by_error_ = false;  ///< until it is remounted rw
  Health health_;
  Gate closing_;  ///< those whose zones are being closed
  std::uint32_t open_sequential_files_ = 0;
  std::uint32_t active_sequential_files_ = 0;
  std::uint64_t used_bytes_ = 0;
  std::uint64_t capacity_bytes_ = 0;
  std::uint64_t largest_file_bytes_ = 0;
  Counters copied_;  ///< of which only the copy counters are kept here
  std::function<void(NodeId)> changed_;
};

}  // namespace zonecopy::zonefs
