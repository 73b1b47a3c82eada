// What the harness compares besides results: attributes, counters, the state of the mount.
#include <sys/stat.h>

#include "tests/model/harness.h"

namespace zonecopy::test {

namespace {

/// Collects what differs, in words.
class Differences {
 public:
  explicit Differences(std::string where) : where_(std::move(where)) {}

  void check(const char* what, std::uint64_t expected, std::uint64_t actual) {
    if (expected == actual) return;
    text_ +=
        where_ + ": " + what + " should be " + std::to_string(expected) + " and is " + std::to_string(actual) + "; ";
  }
  [[nodiscard]] std::optional<std::string> result() const {
    if (text_.empty()) return std::nullopt;
    return text_;
  }

 private:
  std::string where_;
  std::string text_;
};

}  // namespace

Harness::Difference Harness::compare_state(const ReferenceModel& model) const {
  for (std::size_t number = 0; number < model.files().size(); ++number) {
    if (Difference difference = compare_file(model, number)) return difference;
  }
  return compare_counters(model);
}

/// 2.2
Harness::Difference Harness::compare_file(const ReferenceModel& model, std::size_t number) const {
  const ModelFile& expected = model.file(number);
  const auto result = mounted_->attributes(MountedFileSystem::node_of(static_cast<zonefs::FileNumber>(number)));
  if (!result.ok()) return "no attributes of file " + std::to_string(number);
  const zonefs::Attributes& actual = *result;
  Differences differences("file " + std::to_string(number));
  differences.check("size", expected.length_bytes(), actual.size_bytes);
  differences.check("mode", S_IFREG | expected.permissions, actual.mode);
  differences.check("uid", expected.uid, actual.uid);
  differences.check("gid", expected.gid, actual.gid);
  differences.check("inode", expected.first_zone, actual.inode);
  differences.check("links", 1, actual.links);
  differences.check("sectors", expected.capacity_bytes / 512, actual.sectors);
  differences.check("block size", model.block_size_bytes(), actual.block_size_bytes);
  if (expected.modification_time_ns) {
    differences.check("mtime", static_cast<std::uint64_t>(*expected.modification_time_ns),
                      static_cast<std::uint64_t>(nanoseconds_of(actual.modification_time)));
  }
  const zonefs::ZoneFile& file = mounted_->file(static_cast<zonefs::FileNumber>(number));
  differences.check("immutable", expected.bad() ? 1 : 0, file.immutable() ? 1 : 0);
  return differences.result();
}

/// 2.3, 3 and 6: statfs, sysfs, read-only.
Harness::Difference Harness::compare_counters(const ReferenceModel& model) const {
  Differences differences("file system");
  const zonefs::FileSystemUsage usage = mounted_->usage();
  differences.check("block size", model.block_size_bytes(), usage.block_size_bytes);
  differences.check("blocks", model.total_blocks(), usage.blocks);
  differences.check("free blocks", model.total_blocks() - model.used_blocks(), usage.blocks_free);
  const std::size_t files = model.files().size();
  const std::size_t conventional = model.conventional_files();
  const std::size_t groups = (conventional > 0 ? 1U : 0U) + (conventional < files ? 1U : 0U);
  differences.check("files", files + groups, usage.files);
  const zonefs::Counters counters = mounted_->counters();
  const ResourceLimits& limits = mounted_.device().info().resource_limits;
  differences.check("max_open", limits.max_open_zones, counters.max_open_sequential_files);
  differences.check("max_active", limits.max_active_zones, counters.max_active_sequential_files);
  differences.check("open files", model.open_sequential_files(), counters.open_sequential_files);
  differences.check("active files", model.active_sequential_files(), counters.active_sequential_files);
  differences.check("read-only", model.read_only() ? 1 : 0, mounted_->read_only() ? 1 : 0);
  return differences.result();
}

/// 2.1
Harness::Difference Harness::compare_directories() const {
  const std::uint32_t zones = mounted_.device().info().zone_count;
  const std::uint64_t conventional = model_.conventional_files();
  const std::uint64_t sequential = model_.files().size() - conventional;
  const std::uint64_t groups = (conventional > 0 ? 1U : 0U) + (sequential > 0 ? 1U : 0U);
  const std::uint64_t sizes[] = {2 + groups, conventional, sequential};
  for (std::uint64_t number = 0; number < 3; ++number) {
    if (number > 0 && sizes[number] == 0) continue;
    const auto result = mounted_->attributes(1 + number);
    if (!result.ok()) return "no attributes of directory " + std::to_string(number);
    Differences differences("directory " + std::to_string(number));
    differences.check("mode", S_IFDIR | 0555U, result->mode);
    differences.check("inode", zones + number, result->inode);
    differences.check("size", sizes[number], result->size_bytes);
    differences.check("links", number == 0 ? 2 + groups : 2, result->links);
    differences.check("sectors", 0, result->sectors);
    if (Difference difference = differences.result()) return difference;
  }
  return std::nullopt;
}

/// Every byte that a copy has reported is counted once, by the way it went.
Harness::Difference Harness::compare_copy_counters(const zonefs::Counters& before, std::uint64_t bytes, bool in_blocks,
                                                   const CopyRoute& route) const {
  const zonefs::Counters after = mounted_->counters();
  const std::uint64_t offloaded = after.bytes_offloaded - before.bytes_offloaded;
  const std::uint64_t by_kernel = after.bytes_kernel - before.bytes_kernel;
  const std::uint64_t emulated = after.bytes_emulated - before.bytes_emulated;
  const bool kernel_copies = route.path == CopyPath::kernel;
  Differences differences("copy counters");
  differences.check("bytes counted", bytes, offloaded + by_kernel + emulated);
  std::uint64_t by_command = 0;
  bool refused = false;
  for (const CommandRecord& record : mounted_.device().log()) {
    if (record.command != Command::copy) continue;
    by_command += record.blocks_acknowledged * mounted_.device().info().block_size_bytes;
    refused = refused || record.fall_back;
  }
  differences.check("bytes offloaded", kernel_copies ? 0 : by_command, offloaded);
  differences.check("bytes moved by the kernel", kernel_copies ? by_command : 0, by_kernel);
  const std::uint64_t copies_offloaded = after.copies_offloaded - before.copies_offloaded;
  const std::uint64_t copies_kernel = after.copies_kernel - before.copies_kernel;
  const std::uint64_t copies_emulated = after.copies_emulated - before.copies_emulated;
  if (bytes > 0 && device_says().all_well() && in_blocks) {
    differences.check("copies offloaded", emulated == 0 && !kernel_copies ? 1 : 0, copies_offloaded);
    differences.check("copies by the kernel", emulated == 0 && kernel_copies ? 1 : 0, copies_kernel);
    differences.check("copies emulated", emulated == 0 ? 0 : 1, copies_emulated);
  }
  const bool may_emulate = spec_.options.copy.mode == CopyMode::emulate ||
                           (spec_.options.copy.mode == CopyMode::automatic && (refused || !route.limits.available()));
  if (!may_emulate && in_blocks) differences.check("bytes emulated", 0, emulated);
  const bool automatic = spec_.options.copy.mode == CopyMode::automatic;
  if (emulated + by_kernel > 0 && automatic)
    differences.check("fallback reason given", 1, after.last_fallback.empty() ? 0 : 1);
  return differences.result();
}

}  // namespace zonecopy::test
