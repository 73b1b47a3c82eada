// Gathering: many ranges of files or zones go, in order, to the end of one destination, or of several at once. For
// garbage collectors and other programs that have no event loop: every call blocks until it is done.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "zonecopy/command.h"
#include "zonecopy/copy.h"
#include "zonecopy/result.h"
#include "zonecopy/zone.h"

#pragma GCC visibility push(default)

namespace zonecopy {

struct GatherFileFacts {
  std::uint64_t size_bytes = 0;      ///< where the data ends: of a sequential zone, its write pointer
  std::uint64_t capacity_bytes = 0;  ///< the largest size it can have; the greatest number for a file without a limit
  std::uint64_t block_size_bytes = 0;
  bool sequential = false;    ///< written at its end only
  bool only_offload = false;  ///< its mount has option copy=offload
};

/// A source or destination: an open file of a mount (of zonecopyfs or any other), or a zone of a device or image that
/// is not mounted. Made by a Gatherer, which must outlive it. One thread at a time.
class GatherFile {
 public:
  virtual ~GatherFile() = default;
  GatherFile(const GatherFile&) = delete;
  GatherFile& operator=(const GatherFile&) = delete;

  /// As it was named, for messages: a path, or "disk.img#12".
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// The facts now.
  [[nodiscard]] virtual Result<GatherFileFacts> facts() = 0;
  /// Whether both are the same file or zone.
  [[nodiscard]] virtual bool same_as(const GatherFile& other) const = 0;
  /// Reads up to `data.size()` bytes, fewer at the end only; 0 behind it.
  virtual Result<std::size_t> read(std::uint64_t offset_bytes, std::span<std::byte> data) = 0;
  /// Makes durable what was written to it. EIO for a sequential file of zonecopyfs that ends within a block, whose end is
  /// there only as long as it is open (unless the mount has option tail=pad).
  virtual Status sync() = 0;

 protected:
  GatherFile() = default;
};

struct GatherRange {
  std::shared_ptr<GatherFile> file;
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

struct GatherDestination {
  std::shared_ptr<GatherFile> file;
  /// Where the first byte is to go: EINVAL if a sequential file does not end there. Needed for a conventional one. None:
  /// the end.
  std::optional<std::uint64_t> offset_bytes;
};

/// How the bytes of a destination came there.
enum class GatherWay : std::uint8_t {
  gather_call,      ///< the gather request of zonecopyfs (zonecopy/ioctl.h)
  copy_file_range,  ///< copy_file_range(2), since the mount is not zonecopyfs or the files are on different ones
  read_write,       ///< read and written by this process, since copy_file_range failed, or several files got one read
  device_copy,      ///< the copy engine, on devices that are not mounted
};
/// "gather call", "copy_file_range", "read and write", "device copy".
[[nodiscard]] std::string_view to_string(GatherWay way);

struct GatherProgress {
  std::uint64_t done_bytes = 0;  ///< of each destination that has not failed
  std::uint64_t total_bytes = 0;
};

struct GatherOptions {
  CopyMode mode = CopyMode::automatic;  ///< `emulate`: this process reads and writes, whatever the mount can do
  std::uint64_t bytes_per_second = 0;   ///< not faster than this, counted once for all destinations; 0: no limit
  bool background = false;              ///< other I/O of the mount goes first; elsewhere with the I/O priority "idle"
  /// Called on the calling thread after each step, at least once for every 64 MiB. May be empty.
  std::function<void(const GatherProgress&)> progress;
  /// Set by another thread or a signal handler: the gather ends soon, with EINTR. May be null.
  const std::atomic<bool>* stop = nullptr;
};

/// What has become of one destination. All numbers are of this gather alone.
struct GatherReport {
  std::uint64_t offset_bytes = 0;  ///< where its first byte went
  std::uint64_t bytes = 0;         ///< always whole from the first range on
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t commands = 0;               ///< Copy commands sent to a device
  std::vector<std::uint64_t> range_bytes;   ///< copied of each range
  std::optional<std::size_t> failed_range;  ///< the first that was not copied whole, counted from 0
  std::optional<Error> error;               ///< why it was not
  std::vector<GatherWay> ways;              ///< those that were used, each once
  std::string not_offloaded_because;        ///< empty if all was offloaded
};

/// What a gather would do.
struct GatherPlan {
  /// That the device would be sent; none where nothing is offloaded.
  std::vector<CopyCommand> commands;
  std::string mechanism;              ///< "NVMe Copy"
  std::string not_offloaded_because;  ///< empty if all would be offloaded
};

/// Opens files and zones, and gathers. All calls on the thread that made it. Throws std::bad_alloc, and std::system_error
/// where io_uring takes no more work, which zones that are not mounted need; what a GatherOptions::progress throws passes.
class Gatherer {
 public:
  enum class Access : std::uint8_t { read, write };

  static Result<std::unique_ptr<Gatherer>> create();
  virtual ~Gatherer() = default;
  Gatherer(const Gatherer&) = delete;
  Gatherer& operator=(const Gatherer&) = delete;

  /// A file of a mount. Errors of open(2), with a detail that says what to do.
  virtual Result<std::shared_ptr<GatherFile>> open_file(const std::string& path, Access access) = 0;
  /// The file that `descriptor` is open on, which is duplicated.
  virtual Result<std::shared_ptr<GatherFile>> use_descriptor(int descriptor) = 0;
  /// A zone of a device or image that is not mounted, by its number. The device is held open, for writing once one of
  /// its zones is opened so, until the last of its zones is released. Errors of open_device().
  virtual Result<std::shared_ptr<GatherFile>> open_zone(const std::string& device, ZoneIndex zone, Access access) = 0;

  /// Copies `ranges`, in order, to each of `destinations`. The sources are read once at most, however many destinations
  /// there are. One that fails leaves the others as they are. Nothing is copied, and the result is an error, where a
  /// range is not in its file (EINVAL), overlaps with what would be written (EINVAL), does not fit (EFBIG), or the same
  /// destination is named twice (EINVAL), a file was opened the wrong way (EBADF), a zone is read-only or offline (EROFS,
  /// EIO), or what has to be offloaded cannot be (EIO). The error names the range by its number, from 0 on. Else there is
  /// one report for each destination.
  ///
  /// The work goes in steps of 64 MiB at most, or of a 50th of a second where there is a rate. Between two steps progress
  /// is told, and a stop looked for.
  virtual Result<std::vector<GatherReport>> gather(std::span<const GatherRange> ranges,
                                                   std::span<const GatherDestination> destinations,
                                                   const GatherOptions& options) = 0;
  /// What gather() would send, under the same errors. Touches nothing.
  virtual Result<GatherPlan> plan(std::span<const GatherRange> ranges, const GatherDestination& destination,
                                  const GatherOptions& options) = 0;

 protected:
  Gatherer() = default;
};

}  // namespace zonecopy

#pragma GCC visibility pop
