#include "tests/model/reference_model.h"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <utility>

namespace zonecopy::test {

using zonefs::ErrorsPolicy;

bool DeviceSays::all_well() const {
  return std::none_of(log.begin(), log.end(), [](const CommandRecord& r) { return r.code != 0 || r.fall_back; });
}

bool DeviceSays::only_temporary() const {
  const auto other = [](const CommandRecord& record) {
    const int code = record.code;
    const bool temporary = code == ENOSPC || code == EDQUOT || code == ETOOMANYREFS || code == EOVERFLOW ||
                           code == ENOMEM || (code == EFBIG && !record.refusal);
    return code != 0 && !record.fall_back && !temporary;
  };
  return !all_well() && std::none_of(log.begin(), log.end(), other);
}

const CommandRecord* DeviceSays::failure(std::initializer_list<Command> commands, ZoneIndex first,
                                         std::uint32_t count) const {
  for (const CommandRecord& record : log) {
    if (record.code == 0 || record.fall_back || record.zone < first || record.zone >= first + count) continue;
    if (std::find(commands.begin(), commands.end(), record.command) != commands.end()) return &record;
  }
  return nullptr;
}

ReferenceModel::ReferenceModel(const SimDevice& device, const zonefs::SuperBlock& super_block, ModelRules rules)
    : device_(&device), super_block_(super_block), rules_(rules), block_size_bytes_(device.info().block_size_bytes) {
  find_files();
}

/// 2.1: conventional files first, each group in LBA order; zone 0 is never shown; with aggr_cnv a run is one file.
void ReferenceModel::find_files() {
  const SimZones& zones = device_->zones();
  for (const bool sequential : {false, true}) {
    for (ZoneIndex index = 1; index < zones.count(); ++index) {
      const Zone& zone = zones[index].zone;
      if (zone.sequential() != sequential) continue;
      const bool joins = !sequential && super_block_.features.aggregate_conventional && !files_.empty() &&
                         files_.back().first_zone + files_.back().zone_count == index;
      if (!joins) {
        files_.emplace_back();
        files_.back().first_zone = index;
        files_.back().zone_count = 0;
        files_.back().sequential = sequential;
      }
      ++files_.back().zone_count;
      files_.back().capacity_bytes += zone.capacity_blocks * block_size_bytes_;
    }
  }
  for (ModelFile& file : files_) file.content.resize(file.capacity_bytes);
}

void ReferenceModel::mount(const zonefs::MountOptions& options, std::int64_t now_ns) {
  options_ = options;
  const ResourceLimits& limits = device_->info().resource_limits;
  if (limits.max_open_zones == 0 && limits.max_active_zones == 0) options_.explicit_open = false;
  read_only_ = options.read_only;
  write_open_files_ = 0;
  for (ModelFile& file : files_) {
    file.uid = super_block_.file_uid();
    file.gid = super_block_.file_gid();
    file.permissions = super_block_.file_permissions();
    file.modification_time_ns = now_ns;
    file.write_openers = 0;
    file.opened_zone = false;
    file.emptied_to_bytes.reset();
    file.last_open = 0;
    drop_end(file);
    read_zone_state(file);
  }
  mounted_before_ = true;
}

void ReferenceModel::read_zone_state(ModelFile& file) {
  file.offline = false;
  file.read_only = false;
  for (ZoneIndex index = file.first_zone; index < file.first_zone + file.zone_count; ++index) {
    const ZoneCondition condition = device_->zones()[index].zone.condition;
    file.offline = file.offline || condition == ZoneCondition::offline;
    file.read_only = file.read_only || condition == ZoneCondition::read_only;
  }
  if (file.offline) file.read_only = false;
  if (file.bad()) file.permissions = 0;
  const std::uint64_t known_bytes = mounted_before_ ? file.size_bytes : 0;
  const std::uint64_t written_bytes = device_->written_blocks(file.first_zone) * block_size_bytes_;
  if (!file.sequential) file.size_bytes = file.offline ? 0 : file.capacity_bytes;
  else file.size_bytes = file.bad() ? 0 : written_bytes;
  if (file.size_bytes > known_bytes) adopt(file, known_bytes, file.size_bytes);
  if (file.size_bytes < known_bytes)
    std::fill(file.content.begin() + static_cast<std::ptrdiff_t>(file.size_bytes), file.content.end(), std::byte{0});
}

/// 6: errors= and explicit-open as given; read-write lifts a read-only state that an error has caused.
void ReferenceModel::remount(const zonefs::MountOptions& options) {
  options_ = options;
  read_only_ = options.read_only;
}

/// 3: open(2) of a zone file.
Outcome ReferenceModel::open(std::size_t number, bool for_writing, const DeviceSays& says) {
  ModelFile& file = files_[number];
  if (!for_writing) return {};
  if (read_only_) return {EROFS};
  if (file.bad()) return {EPERM};
  if (!file.sequential) {
    ++file.write_openers;
    return {};
  }
  if (file.write_openers > 0) {
    ++file.write_openers;
    return {};
  }
  const std::uint32_t limit = device_->info().resource_limits.max_open_zones;
  if (options_.explicit_open) {
    if (limit != 0 && write_open_files_ + 1 > limit) return {EBUSY};
    if (file.size_bytes < file.capacity_bytes) {
      const CommandRecord* failure = says.failure({Command::open}, file.first_zone, 1);
      if (failure != nullptr) return {failure->code, EIO};
      file.opened_zone = true;
    }
  }
  if (rules_.count_write_opens) ++write_open_files_;
  file.write_openers = 1;
  return {};
}

void ReferenceModel::opened(std::size_t number, std::uint64_t open) {
  ModelFile& file = files_[number];
  file.last_open = open;
  if (file.emptied_to_bytes) ++file.emptied_opens;
}

/// 3: the last close for writing.
void ReferenceModel::release(std::size_t number, bool writable, std::uint64_t open, const DeviceSays& says) {
  ModelFile& file = files_[number];
  if (!writable) return;
  if (!file.sequential && file.emptied_to_bytes && open >= file.emptied_by && --file.emptied_opens == 0) {
    file.emptied_to_bytes.reset();
  }
  if (file.last_open == open) file.last_open = 0;
  if (--file.write_openers > 0 || !file.sequential) return;
  const bool waits = file.zeros_bytes > 0 && file.tail_bytes == 0 && !file.written && aligned(file.zeros_bytes);
  if (!waits || read_only_) {
    if (read_only_ || file.bad()) file.zeros_bytes = 0;
    else settle(file);
    drop_end(file);
  }
  if (file.opened_zone) {
    if (says.failure({Command::close, Command::reset}, file.first_zone, 1) != nullptr) {
      handle_io_error(file, false, says);
      if (file.opened_zone && !read_only_) read_only_ = true;
      return;  // the counter is not lowered: the kernel leaks it as well
    }
    file.opened_zone = false;
  }
  if (rules_.count_write_opens) --write_open_files_;
}

/// 4.2
Outcome ReferenceModel::read(std::size_t number, std::uint64_t offset_bytes, std::uint64_t length_bytes, bool direct,
                             const DeviceSays& says) {
  ModelFile& file = files_[number];
  if (file.unreadable()) return {EPERM};
  if (offset_bytes >= file.length_bytes()) return {};
  const std::uint64_t length = std::min(length_bytes, file.length_bytes() - offset_bytes);
  const bool to_end = offset_bytes + length == file.length_bytes();
  if (direct && !(aligned(offset_bytes) && (aligned(length) || to_end))) return {EINVAL};
  if (length == 0) return {};
  if (const CommandRecord* failure = says.failure({Command::read}, file.first_zone, file.zone_count)) {
    handle_io_error(file, false, says);
    return {EIO, failure->code};
  }
  return {0, 0, length};
}

/// 4.1, the conditions that need no device, in their order. Without an error `bytes` is the clipped length.
Outcome ReferenceModel::refuse_write(const ModelFile& file, const ModelWrite& request) const {
  std::uint64_t position = request.offset_bytes;
  if (file.bad()) return {EPERM};
  if (read_only_) return {EROFS};
  // 8.2: the offset of an append is the kernel's guess, so that rule 3 cannot look at it.
  if (!request.append && position >= file.capacity_bytes) return {EFBIG};
  if (file.sequential && !request.direct && options_.strict) return {EIO};
  if (request.data.empty()) return {};
  if (request.append && !file.sequential) return {EINVAL};
  if (file.sequential && !request.direct) return refuse_stream(file, request);
  if (request.append) position = file.length_bytes();
  if (position >= file.capacity_bytes) return {EFBIG};
  const std::uint64_t room = file.capacity_bytes - position;
  std::uint64_t length = std::min<std::uint64_t>(request.data.size(), room);
  if (!rules_.short_write_at_end && length < request.data.size()) return {EFBIG};
  if (request.direct && !(aligned(position) && aligned(length))) return {EINVAL};
  if (file.sequential && position != file.length_bytes() && rules_.write_at_write_pointer) return {EINVAL};
  return {0, 0, length};
}

/// "Writing with ordinary programs" of zonecopyfs(8).
Outcome ReferenceModel::refuse_stream(const ModelFile& file, const ModelWrite& request) const {
  const std::uint64_t position = request.append ? file.length_bytes() : request.offset_bytes;
  if (position >= file.capacity_bytes) return {EFBIG};
  if (position < file.data_end_bytes() && rules_.write_at_write_pointer) return {EINVAL};
  if (position > file.data_end_bytes() && !rules_.gap_is_filled) return {EINVAL};
  const std::uint64_t room = file.capacity_bytes - position;
  std::uint64_t length = std::min<std::uint64_t>(request.data.size(), room);
  if (!rules_.short_write_at_end && length < request.data.size()) return {EFBIG};
  const std::uint64_t over = (position + length) % block_size_bytes_;
  if (request.sync || !rules_.tail_is_kept) {
    if (over >= length) return {EINVAL};
    length -= over;
  }
  return {0, 0, length};
}

Outcome ReferenceModel::write(std::size_t number, const ModelWrite& request, const DeviceSays& says, Choice choice) {
  ModelFile& file = files_[number];
  const Outcome outcome = refuse_write(file, request);
  if (outcome.error != 0 || outcome.bytes == 0) return outcome;
  const std::uint64_t position = request.append ? file.length_bytes() : request.offset_bytes;
  if (!options_.strict) file.modification_time_ns.reset();
  const CommandRecord* failure =
      says.failure({Command::write, Command::append, Command::read}, file.first_zone, file.zone_count);
  if (failure == nullptr && request.sync) {
    failure = says.failure({Command::flush}, 0, device_->info().zone_count);
  }
  // Data that a zone append has put somewhere else is not where the file ends: no success either.
  if (failure == nullptr) failure = misplaced_append(file, position, says);
  if (failure != nullptr) return failed_write(file, request, position, outcome.bytes, *failure, says, choice);
  if (file.emptied_to_bytes && request.open < file.emptied_by) file.emptied_to_bytes.reset();
  const std::span<const std::byte> data = request.data.first(outcome.bytes);
  const bool within = file.sequential && !request.direct && position + outcome.bytes <= file.length_bytes();
  const bool zeros = std::all_of(data.begin(), data.end(), [](std::byte each) { return each == std::byte{0}; });
  if (within && zeros && !request.sync) return outcome;  // they are still to be written, as before
  fill_gap(file, position);
  put(file, position, data);
  return outcome;
}

const CommandRecord* ReferenceModel::misplaced_append(const ModelFile& file, std::uint64_t position,
                                                      const DeviceSays& says) const {
  Lba expected_lba = device_->info().zone_start(file.first_zone) + position / block_size_bytes_;
  for (const CommandRecord& record : says.log) {
    if (record.command != Command::append || record.zone != file.first_zone) continue;
    if (record.lba != expected_lba) return &record;
    expected_lba += record.blocks;
  }
  return nullptr;
}

/// 4.1 D11, D12, B3: any failure of a sequential or a buffered write is handled; of a direct conventional one not,
/// unless it was the flush (4.4).
Outcome ReferenceModel::failed_write(ModelFile& file, const ModelWrite& request, std::uint64_t position,
                                     std::uint64_t length, const CommandRecord& failure, const DeviceSays& says,
                                     Choice choice) {
  std::uint64_t done = 0;
  for (const CommandRecord& record : says.log) {
    const bool counts = record.command == Command::write || record.command == Command::append;
    if (counts && record.zone >= file.first_zone && record.zone < file.first_zone + file.zone_count) {
      done += record.blocks_acknowledged * block_size_bytes_;
    }
  }
  done = std::min(done, length);
  const bool tells_count = choice.short_count && done > 0 && failure.command != Command::flush;
  const bool flush_only = failure.command == Command::flush;
  if (!file.sequential) adopt(file, position, position + length);
  if (tells_count || (flush_only && choice.advance_first)) put(file, position, request.data.first(done));
  if (file.sequential || !request.direct || flush_only) handle_io_error(file, true, says);
  if (tells_count) return {0, 0, done};
  return {EIO, failure.code};
}

/// 4.3, the rows about size.
Outcome ReferenceModel::truncate(std::size_t number, std::uint64_t size_bytes, bool through_open, std::uint64_t open,
                                 const DeviceSays& says) {
  ModelFile& file = files_[number];
  if (read_only_ && !through_open) return {EROFS};
  if (file.bad()) return {EPERM};
  if (!options_.strict) return truncate_freely(file, size_bytes, open, says);
  std::uint64_t largest = 0;
  for (const ModelFile& each : files_) largest = std::max(largest, each.capacity_bytes);
  if (size_bytes > largest && size_bytes > file.size_bytes) return {EFBIG};
  if (!file.sequential) return {EPERM};
  if (size_bytes != 0 && size_bytes != file.capacity_bytes) return {EPERM};
  file.modification_time_ns.reset();
  if (size_bytes == file.size_bytes) return {};
  return set_zone(file, size_bytes, says);
}

/// FILES AND DIRECTORIES of zonecopyfs(8).
Outcome ReferenceModel::truncate_freely(ModelFile& file, std::uint64_t size_bytes, std::uint64_t open,
                                        const DeviceSays& says) {
  if (size_bytes > file.capacity_bytes) return {EFBIG};
  if (!file.sequential) {
    if (open == 0) open = file.last_open;
    if (size_bytes == 0 && open != 0) {
      file.emptied_to_bytes = 0;
      file.emptied_by = open;
      file.emptied_opens = 1;
    }
    if (size_bytes != 0 && size_bytes != file.size_bytes && !file.emptied_to_bytes) return {EPERM};
    if (size_bytes != 0 && file.emptied_to_bytes) fill_gap(file, size_bytes);
    file.modification_time_ns.reset();
    return {};
  }
  if (size_bytes != 0 && size_bytes < file.length_bytes()) return {EPERM};
  const bool nobody = file.write_openers == 0 && size_bytes != file.length_bytes();
  if (nobody && !aligned(size_bytes) && options_.tail == zonefs::TailPolicy::refuse) return {EINVAL};
  file.modification_time_ns.reset();
  if (size_bytes == file.length_bytes()) return {};
  if (size_bytes == 0 || size_bytes == file.capacity_bytes) {
    if (size_bytes != 0)
      lengthen(file, (file.data_end_bytes() + block_size_bytes_ - 1) / block_size_bytes_ * block_size_bytes_);
    if (size_bytes == 0)
      std::fill(file.content.begin() + static_cast<std::ptrdiff_t>(file.size_bytes), file.content.end(), std::byte{0});
    file.tail_bytes = file.zeros_bytes = 0;
    return file.size_bytes == size_bytes ? Outcome() : set_zone(file, size_bytes, says);
  }
  file.zeros_bytes = size_bytes - file.data_end_bytes();
  file.written = false;
  if (nobody) settle(file);
  return {};
}

/// The command has failed, but the device can be asked how far the zone is written.
void ReferenceModel::follow_zone(ModelFile& file, const DeviceSays& says) {
  if (says.failure({Command::report}, file.first_zone, 1) != nullptr) return;
  const ZoneCondition condition = device_->zones()[file.first_zone].zone.condition;
  if (condition == ZoneCondition::read_only || condition == ZoneCondition::offline) return;
  const std::uint64_t written_bytes = device_->written_blocks(file.first_zone) * block_size_bytes_;
  const std::uint64_t size_bytes = condition == ZoneCondition::full ? file.capacity_bytes : written_bytes;
  const std::uint64_t known_bytes = std::min(file.size_bytes, size_bytes);
  resize(file, size_bytes);
  if (size_bytes > known_bytes) adopt(file, known_bytes, size_bytes);
}

Outcome ReferenceModel::set_zone(ModelFile& file, std::uint64_t size_bytes, const DeviceSays& says) {
  const Command command = size_bytes == 0 ? Command::reset : Command::finish;
  if (const CommandRecord* failure = says.failure({command}, file.first_zone, 1)) {
    if (!options_.strict) follow_zone(file, says);
    return {failure->code, EIO};
  }
  if (size_bytes == 0) {
    resize(file, 0);
    const CommandRecord* failure = says.failure({Command::open}, file.first_zone, 1);
    if (!file.opened_zone || failure == nullptr) return {};
    file.opened_zone = false;  // the specification is silent here; there is nothing left that could be closed
    return {failure->code, EIO};
  }
  // What is above the end of the data is the device's to say: zeros, unless somebody else has written there.
  adopt(file, file.size_bytes, file.capacity_bytes);
  file.opened_zone = false;
  if (rules_.finish_fills) grow(file, file.capacity_bytes);
  return {};
}

Outcome ReferenceModel::change_attributes(std::size_t number, std::optional<std::uint32_t> permissions,
                                          std::optional<std::uint32_t> uid, std::optional<std::uint32_t> gid,
                                          std::optional<std::int64_t> modification_time_ns) {
  ModelFile& file = files_[number];
  if (read_only_) return {EROFS};
  if (file.bad()) return {EPERM};
  if (permissions) file.permissions = *permissions & 07777U;
  if (uid) file.uid = *uid;
  if (gid) file.gid = *gid;
  if (modification_time_ns) file.modification_time_ns = modification_time_ns;
  return {};
}

/// 4.4
Outcome ReferenceModel::sync(std::size_t number, const DeviceSays& says) {
  ModelFile& file = files_[number];
  if (file.bad()) return {EPERM};
  settle(file);
  const CommandRecord* failure = says.failure({Command::flush}, 0, device_->info().zone_count);
  if (failure == nullptr) return {file.tail_bytes == 0 ? 0 : EIO};
  handle_io_error(file, true, says);
  return {EIO, failure->code};
}

std::uint32_t ReferenceModel::active_sequential_files() const {
  const auto active = [](const ModelFile& file) { return file.active(); };
  return static_cast<std::uint32_t>(std::count_if(files_.begin(), files_.end(), active));
}

std::uint64_t ReferenceModel::used_blocks() const {
  std::uint64_t blocks = 0;
  for (const ModelFile& file : files_) blocks += file.size_bytes / block_size_bytes_;
  return blocks;
}

std::uint64_t ReferenceModel::total_blocks() const {
  std::uint64_t blocks = 0;
  for (const ModelFile& file : files_) blocks += file.capacity_bytes / block_size_bytes_;
  return blocks;
}

std::uint32_t ReferenceModel::conventional_files() const {
  const auto conventional = [](const ModelFile& file) { return !file.sequential; };
  return static_cast<std::uint32_t>(std::count_if(files_.begin(), files_.end(), conventional));
}

}  // namespace zonecopy::test
