// What all operations on one mounted device work on. It decides nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "zonecopy/buffer.h"
#include "zonecopy/device.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/keyed_locks.h"
#include "zonecopy/sync.h"
#include "zonefs/core/health.h"
#include "zonefs/core/log.h"
#include "zonefs/core/timestamp.h"
#include "zonefs/core/tree.h"
#include "zonefs/core/zone_files.h"
#include "zonefs/disk/super_block.h"
#include "zonefs/options/options.h"

namespace zonecopy::zonefs {

/// Nanoseconds since the epoch. Passed in, so that a test decides.
using Clock = std::function<std::int64_t()>;

struct Volume {
  EventLoop& loop;
  std::unique_ptr<ZonedDevice> device;
  MountOptions options;
  Log& log;
  Clock clock;
  SuperBlock super_block;
  Tree tree;
  ZoneFiles files;
  KeyedLocks locks;  ///< by FileNumber; several are taken as a LockSet
  Gate requests;     ///< operations under way
  BufferPool buffers;
  bool read_only_by_error = false;  ///< until it is remounted rw
  Health health;
  std::function<void(NodeId)>
      changed;  ///< told of a node whose size or mode changed behind the kernel's back; may be empty

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
  /// An error of ours, before the device was asked.
  [[nodiscard]] Error make_error(int code, const char* operation, FileNumber number, std::string detail = {}) const;
  void log_error(const Error& error);
};

/// Sends a zone management command for a file's zone. An error has been logged, and has an errno for the caller.
Task<Status> manage_zone(Volume& volume, FileNumber number, ZoneAction action);

/// Reads whole blocks, as far as `data` goes, in as many commands as the device and its zones ask for.
Task<Status> read_blocks(Volume& volume, FileNumber number, std::uint64_t offset_bytes, std::span<std::byte> data);
/// Writes whole blocks, likewise; with `append` by Zone Append, which has to land where the file ends.
Task<Status> write_blocks(Volume& volume, FileNumber number, std::uint64_t offset_bytes,
                          std::span<const std::byte> data, bool append);

[[nodiscard]] constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t unit) {
  return value / unit * unit;
}
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return round_down(value + unit - 1, unit);
}

}  // namespace zonecopy::zonefs
