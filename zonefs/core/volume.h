// The state of one mounted device, which all operations share. It makes no decisions.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "zonecopy/buffer.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/foreground_first.h"
#include "zonecopy/keyed_locks.h"
#include "zonecopy/sync.h"
#include "zonefs/core/emptied_files.h"
#include "zonefs/core/health.h"
#include "zonefs/core/log.h"
#include "zonefs/core/timestamp.h"
#include "zonefs/core/tree.h"
#include "zonefs/core/zone_files.h"
#include "zonefs/disk/super_block.h"
#include "zonefs/options/options.h"

namespace zonecopy::zonefs {

/// Returns nanoseconds since the epoch. It is passed in, so that a test can set the time.
using Clock = std::function<std::int64_t()>;

struct OpenFile;

/// Ends of files that were dropped, as they filled no block.
struct TailTally {
  std::uint64_t refused = 0;
  std::string last;  ///< "seq/3: 904 bytes"; empty if there was none
};

/// The attributes of a directory that can be changed. They are kept in memory only.
struct Directory {
  std::uint32_t permissions = 0555;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  Timestamp access_time;
  Timestamp modification_time;
  Timestamp change_time;
};

/// Truncations by O_TRUNC that are carried out late, by file: see LateTruncates. Those whose OpenFile::late_truncate is
/// not `none`.
using OwedTruncates = std::multimap<FileNumber, OpenFile*>;

/// On the loop's thread only. `loop` and `log` must outlive it; the device is owned.
struct Volume {
  EventLoop& loop;
  std::unique_ptr<ZonedDevice> device;
  MountOptions options;
  Log& log;
  Clock clock;
  std::string name;                   ///< of its folder, where the mount has several devices; else empty
  std::vector<const Volume*> others;  ///< the other devices of the mount, in order; they live as long
  SuperBlock super_block;
  Tree tree;
  ZoneFiles files;
  std::array<Directory, 3> directories;  ///< root, cnv, seq
  EmptiedFiles emptied;
  KeyedLocks locks;  ///< by FileNumber; several are taken as a LockSet
  Gate requests;     ///< operations under way
  LoopTimer timer{loop};
  /// The pace of gathers in the background: reads, writes, syncs and other copies go first. They count once they have
  /// their locks, as a gather must not wait for who waits for its end.
  ForegroundFirst background{timer, ForegroundFirst::Options()};
  BufferPool buffers;
  BufferPool incoming;  ///< for copies from other devices, so that a slow one does not hold up what else happens here
  bool read_only_by_error = false;  ///< until it is remounted rw
  Health health;
  TailTally tails;
  OwedTruncates owed_truncates;
  std::function<void(NodeId)> changed;      ///< see FileSystem::on_changed; may be empty
  std::function<void(NodeId)> times;        ///< see FileSystem::on_times; may be empty
  std::function<void(NodeId)> overwritten;  ///< see FileSystem::on_overwritten; may be empty

  Volume(EventLoop& loop, std::unique_ptr<ZonedDevice> device, MountOptions options, Log& log, Clock clock,
         SuperBlock super_block, Tree tree, std::vector<ZoneFile> files);
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  [[nodiscard]] const DeviceInfo& info() const { return device->info(); }
  [[nodiscard]] bool read_only() const { return options.read_only || read_only_by_error; }
  [[nodiscard]] Timestamp now() const { return Timestamp::from_nanoseconds(clock()); }
  [[nodiscard]] NodeId node_of(FileNumber number) const {
    return tree.id_of(Node{Node::Kind::file, tree.group_of(number), number});
  }
  /// An error that the file system decides itself, without asking the device.
  [[nodiscard]] Error make_error(int code, const char* operation, FileNumber number, std::string detail = {}) const;
  /// Logs the error, and keeps it as the last one.
  void log_error(const Error& error);
  void tell_changed(FileNumber number) const {
    if (changed) changed(node_of(number));
  }
  void tell_times(FileNumber number) const {
    if (times && !options.strict) times(node_of(number));
  }
  void tell_overwritten(FileNumber number) const {
    if (overwritten) overwritten(node_of(number));
  }
  /// The data of a file has changed: mtime and ctime are now. Under strict they stay, as with zonefs.
  void touch(FileNumber number);
};

/// Sends a zone management command for a file's zone. An error is logged; its code is device_errno().
Task<Status> manage_zone(Volume& volume, FileNumber number, ZoneAction action);

/// Fills `data`, which is whole blocks, with as many reads as the device's limits and its zones make necessary.
/// `volume` and `data` must outlive the await. Returns the device's error.
Task<Status> read_blocks(Volume& volume, FileNumber number, std::uint64_t offset_bytes, std::span<std::byte> data);
/// Writes `data`, likewise. With `append` it uses Zone Append; EIO if the data does not land where the file ends.
Task<Status> write_blocks(Volume& volume, FileNumber number, std::uint64_t offset_bytes,
                          std::span<const std::byte> data, bool append);
/// Writes zeros, likewise.
Task<Status> write_zero_blocks(Volume& volume, FileNumber number, std::uint64_t offset_bytes, std::uint64_t blocks);

[[nodiscard]] constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t unit) {
  return value / unit * unit;
}
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return round_down(value + unit - 1, unit);
}

}  // namespace zonecopy::zonefs
