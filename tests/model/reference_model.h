// A model of zonefs, written from its specification (docs and the sections named here are those of
// zonefs-semantics.md) and not from the code under test. Plain, synchronous, and slow where that is simpler.
//
// What a device did during an operation is given to the model: it says what has to follow from a failure, not when a
// device fails. Where the specification leaves a choice, the model is asked once for each (`Choice`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/support/device/sim_device.h"
#include "zonefs/disk/super_block.h"
#include "zonefs/options/options.h"

namespace zonecopy::test {

/// Rules of the model that a canary can turn wrong.
struct ModelRules {
  bool short_write_at_end = true;      ///< 4.1 D6
  bool write_at_write_pointer = true;  ///< 4.1 D8
  bool copy_at_write_pointer = true;   ///< 7.4
  bool count_write_opens = true;       ///< 3
  bool finish_fills = true;            ///< 4.3
  bool copy_clips_to_capacity = true;  ///< 7.4
  bool zone_ro_keeps_size = true;      ///< 5.2
  bool error_makes_read_only = true;   ///< 5.1 step 7
  bool copy_keeps_order = true;        ///< content
  bool tail_is_kept = true;            ///< a write may end inside a block
  bool gap_is_filled = true;           ///< a write beyond the end
  bool emptied_gap_is_filled = true;   ///< the same of a conventional file that was truncated to 0
  bool blocks_must_match = true;       ///< copies between devices with blocks of different sizes are refused
  bool source_is_followed = true;      ///< a copy's data comes from the device that it names
  bool errors_stay_apart = true;       ///< an error of one device is no other's
};

/// Decisions that the specification leaves to the implementation; all combinations are tried.
struct Choice {
  bool short_count = false;    ///< a write that failed in its middle tells how far it came, instead of the error
  bool handle_source = true;   ///< of a copy that a write cut short: error handling also after a read ahead that failed
  bool advance_first = false;  ///< data of a write whose flush failed counts as written
  std::size_t suspect = 0;     ///< of several pieces that could not be read: the one whose file is looked after
};

struct Outcome {
  int error = 0;
  int also_accepted = 0;  ///< another errno that is right as well
  std::uint64_t bytes = 0;
  [[nodiscard]] bool accepts(int actual) const {
    return actual == error || (also_accepted != 0 && actual == also_accepted);
  }
};

/// What the device did during one operation.
struct DeviceSays {
  const SimDevice* device = nullptr;
  std::vector<CommandRecord> log;
  [[nodiscard]] bool all_well() const;
  /// What failed failed for want of space or resources, all of it.
  [[nodiscard]] bool only_temporary() const;
  /// First failure of one of `commands` in zones [first, first + count).
  [[nodiscard]] const CommandRecord* failure(std::initializer_list<Command> commands, ZoneIndex first,
                                             std::uint32_t count) const;
};

struct ModelFile {
  ZoneIndex first_zone = 0;
  std::uint32_t zone_count = 1;
  bool sequential = true;
  std::uint64_t capacity_bytes = 0;
  std::uint64_t size_bytes = 0;                   ///< up to the write pointer
  std::uint64_t tail_bytes = 0;                   ///< data behind it that fills no block
  std::uint64_t zeros_bytes = 0;                  ///< zeros behind that, which ftruncate has asked for
  bool written = false;                           ///< since then
  std::optional<std::uint64_t> emptied_to_bytes;  ///< conventional, truncated to 0: how far it was written since
  std::uint64_t emptied_by = 0;                   ///< the number of the open that has truncated it
  std::uint32_t emptied_opens = 0;                ///< how many opens from that one on there are
  std::uint64_t last_open = 0;                    ///< the number of the last open for writing, while that is open
  std::vector<std::byte> content;                 ///< always `capacity_bytes` long
  std::uint32_t permissions = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::int64_t> modification_time_ns;  ///< unknown after operations that may or may not set it
  std::uint32_t write_openers = 0;
  bool opened_zone = false;  ///< OPEN
  bool read_only = false;    ///< READONLY
  bool offline = false;      ///< OFFLINE

  [[nodiscard]] std::uint64_t data_end_bytes() const { return size_bytes + tail_bytes; }
  [[nodiscard]] std::uint64_t length_bytes() const { return size_bytes + tail_bytes + zeros_bytes; }
  [[nodiscard]] bool bad() const { return read_only || offline; }
  [[nodiscard]] bool unreadable() const { return bad() && (permissions & 0777U) == 0; }
  [[nodiscard]] bool active() const {
    return sequential && !bad() && (opened_zone || (size_bytes > 0 && size_bytes < capacity_bytes));
  }
};

struct ModelWrite {
  std::uint64_t offset_bytes = 0;
  std::span<const std::byte> data;
  bool direct = false;
  bool append = false;
  bool sync = false;
  std::uint64_t open = 0;  ///< OpenFile::number
};

struct ModelCopy {
  std::size_t source = 0;
  std::uint64_t source_offset_bytes = 0;
  std::size_t destination = 0;
  std::uint64_t destination_offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

class ReferenceModel;

/// A part of a file that is copied, on any device of the mount.
struct ModelPiece {
  ReferenceModel* model = nullptr;   ///< of the device
  const DeviceSays* says = nullptr;  ///< what that device did
  std::size_t file = 0;
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;
};

struct ModelGather {
  std::vector<ModelPiece> pieces;
  std::size_t destination = 0;
  std::optional<std::uint64_t> offset_bytes;
  bool only_offload = false;
};

struct GatherOutcome {
  Outcome outcome;
  std::size_t failed = 0;  ///< the first piece that was not copied whole; their number if all were
};

class ReferenceModel {
 public:
  ReferenceModel(const SimDevice& device, const zonefs::SuperBlock& super_block, ModelRules rules);

  /// 1.2 and 2.2: the state a mount finds. Content of files whose size is as it was is kept.
  void mount(const zonefs::MountOptions& options, std::int64_t now_ns);
  void remount(const zonefs::MountOptions& options);

  Outcome open(std::size_t file, bool for_writing, const DeviceSays& says);
  /// An open for writing has succeeded, and has got this number.
  void opened(std::size_t file, std::uint64_t open);
  void release(std::size_t file, bool writable, std::uint64_t open, const DeviceSays& says);
  Outcome read(std::size_t file, std::uint64_t offset_bytes, std::uint64_t length_bytes, bool direct,
               const DeviceSays& says);
  Outcome write(std::size_t file, const ModelWrite& request, const DeviceSays& says, Choice choice);
  Outcome truncate(std::size_t file, std::uint64_t size_bytes, bool through_open, std::uint64_t open,
                   const DeviceSays& says);
  /// `change` without a size.
  Outcome change_attributes(std::size_t file, std::optional<std::uint32_t> permissions,
                            std::optional<std::uint32_t> uid, std::optional<std::uint32_t> gid,
                            std::optional<std::int64_t> modification_time_ns);
  Outcome sync(std::size_t file, const DeviceSays& says);
  Outcome copy(const ModelCopy& request, const DeviceSays& says, Choice choice) {
    return copy_from(*this, says, request, says, choice);
  }
  /// A copy from a file of another device of the mount, whose model is `from`.
  Outcome copy_from(ReferenceModel& from, const DeviceSays& source_says, const ModelCopy& request,
                    const DeviceSays& says, Choice choice);
  GatherOutcome gather(const ModelGather& request, const DeviceSays& says, Choice choice);

  /// How many blocks of the copy the device copies: the others are no whole blocks of both files.
  [[nodiscard]] std::uint64_t whole_blocks(const ReferenceModel& from, const ModelCopy& request,
                                           std::uint64_t length) const;

  [[nodiscard]] const std::vector<ModelFile>& files() const { return files_; }
  [[nodiscard]] const ModelFile& file(std::size_t number) const { return files_[number]; }
  [[nodiscard]] bool read_only() const { return read_only_; }
  /// Whether a write may be refused for want of an open or active zone.
  [[nodiscard]] bool limits_zones() const {
    const ResourceLimits& limits = device_->info().resource_limits;
    return limits.max_open_zones != 0 || limits.max_active_zones != 0;
  }
  [[nodiscard]] std::uint32_t open_sequential_files() const { return write_open_files_; }
  [[nodiscard]] std::uint32_t active_sequential_files() const;
  [[nodiscard]] std::uint64_t used_blocks() const;
  [[nodiscard]] std::uint64_t total_blocks() const;
  [[nodiscard]] std::uint32_t conventional_files() const;
  [[nodiscard]] std::uint32_t block_size_bytes() const { return block_size_bytes_; }
  [[nodiscard]] const zonefs::MountOptions& options() const { return options_; }

 private:
  void find_files();
  void read_zone_state(ModelFile& file);
  [[nodiscard]] Outcome refuse_write(const ModelFile& file, const ModelWrite& request) const;
  Outcome failed_write(ModelFile& file, const ModelWrite& request, std::uint64_t position, std::uint64_t length,
                       const CommandRecord& failure, const DeviceSays& says, Choice choice);
  [[nodiscard]] const CommandRecord* misplaced_append(const ModelFile& file, std::uint64_t position,
                                                      const DeviceSays& says) const;
  [[nodiscard]] std::optional<Outcome> refuse_copy(const ReferenceModel& from, const ModelCopy& request,
                                                   std::uint64_t& length) const;
  [[nodiscard]] bool cannot_offload(const ReferenceModel& from, const ModelCopy& request, std::uint64_t length) const;
  [[nodiscard]] std::optional<GatherOutcome> refuse_gather(const ModelGather& request) const;
  [[nodiscard]] int objection_to_destination(const ModelGather& request) const;
  [[nodiscard]] int objection_to_piece(const ModelPiece& piece) const;
  [[nodiscard]] std::size_t pieces_that_fit(const ModelGather& request, std::uint64_t offset_bytes) const;
  [[nodiscard]] bool must_not_offload(std::span<const ModelPiece> pieces, const ModelGather& request,
                                      std::uint64_t offset_bytes) const;
  [[nodiscard]] std::uint64_t head_bytes(const ModelCopy& request, std::uint64_t length) const;
  [[nodiscard]] std::vector<std::byte> data_of(std::span<const ModelPiece> pieces, std::uint64_t length) const;
  [[nodiscard]] std::uint64_t acknowledged_bytes(const ModelFile& destination, std::uint64_t offset_bytes,
                                                 const DeviceSays& says) const;
  Outcome failed_copy(std::span<const ModelPiece> pieces, std::size_t destination, std::uint64_t offset_bytes,
                      const DeviceSays& says, Choice choice);
  [[nodiscard]] Outcome refuse_stream(const ModelFile& file, const ModelWrite& request) const;
  Outcome truncate_freely(ModelFile& file, std::uint64_t size_bytes, std::uint64_t open, const DeviceSays& says);
  void follow_zone(ModelFile& file, const DeviceSays& says);
  Outcome set_zone(ModelFile& file, std::uint64_t size_bytes, const DeviceSays& says);
  void lengthen(ModelFile& file, std::uint64_t data_end_bytes);
  void fill_gap(ModelFile& file, std::uint64_t position);
  void settle(ModelFile& file);
  void drop_end(ModelFile& file);
  void put(ModelFile& file, std::uint64_t position, std::span<const std::byte> data);
  void grow(ModelFile& file, std::uint64_t size_bytes);
  void resize(ModelFile& file, std::uint64_t size_bytes);
  void adopt(ModelFile& file, std::uint64_t first_byte, std::uint64_t end_byte);
  void handle_io_error(ModelFile& file, bool write, const DeviceSays& says);
  void apply_policy(ModelFile& file, std::uint64_t readable_bytes, std::uint64_t device_bytes, bool temporary);
  [[nodiscard]] bool aligned(std::uint64_t bytes) const { return bytes % block_size_bytes_ == 0; }

  const SimDevice* device_;  ///< a pointer, so that a model can be copied and assigned
  zonefs::SuperBlock super_block_;
  ModelRules rules_;
  std::uint32_t block_size_bytes_;
  zonefs::MountOptions options_;
  std::vector<ModelFile> files_;
  bool read_only_ = false;
  bool mounted_before_ = false;
  std::uint32_t write_open_files_ = 0;
};

}  // namespace zonecopy::test
