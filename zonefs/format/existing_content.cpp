#include "zonefs/format/existing_content.h"

#include <blkid/blkid.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "src/device/linear/in_a_row.h"
#include "zonecopy/buffer.h"
#include "zonecopy/copy_plan.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy::zonefs {
namespace {

// All signatures that libblkid knows are in the first megabytes or (GPT, RAID, ZFS) in the last ones.
constexpr std::uint64_t head_bytes = 4U << 20;
constexpr std::uint64_t tail_bytes = 1U << 20;
constexpr std::size_t read_size_bytes = 1U << 18;

/// A sparse file in memory that is as long as the device and holds a copy of the parts that matter. libblkid needs it,
/// as it reads from a descriptor, and only block devices have one that it can read.
class Replica {
 public:
  /// 0 or an errno.
  int make(std::uint64_t size_bytes) {
    file_ = FileDescriptor(memfd_create("zonecopy-probe", MFD_CLOEXEC));
    return file_ && ftruncate(file_.get(), static_cast<off_t>(size_bytes)) == 0 ? 0 : errno;
  }
  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] bool put(std::uint64_t offset_bytes, std::span<const std::byte> data) const {
    const auto size_bytes = static_cast<ssize_t>(data.size());
    return pwrite(fd(), data.data(), data.size(), static_cast<off_t>(offset_bytes)) == size_bytes;
  }

 private:
  FileDescriptor file_;
};

/// The end of the data in a zone. Blocks at and above the write pointer hold none.
Lba data_end(const Zone& zone) {
  switch (zone.condition) {
    case ZoneCondition::empty:
    case ZoneCondition::offline: return zone.start_lba;
    case ZoneCondition::implicit_open:
    case ZoneCondition::explicit_open:
    case ZoneCondition::closed: return std::min(zone.write_pointer_lba, zone.end_lba());
    case ZoneCondition::not_write_pointer:
    case ZoneCondition::full:
    case ZoneCondition::read_only: break;
  }
  return zone.end_lba();
}

/// Copies what the zones hold between two addresses.
Task<Status> replicate(ZonedDevice& device, std::span<const Zone> zones, Extent range, Replica& replica) {
  const std::uint64_t block_size_bytes = device.info().block_size_bytes;
  const std::uint64_t buffer_size_bytes = std::min<std::uint64_t>(read_size_bytes, device.info().max_transfer_bytes);
  const Buffer buffer(buffer_size_bytes);
  for (const Zone& zone : zones) {
    const Lba end_lba = std::min(data_end(zone), range.start_lba + range.blocks);
    Lba lba = std::max(zone.start_lba, range.start_lba);
    while (lba < end_lba) {
      const std::uint64_t blocks = std::min(end_lba - lba, buffer_size_bytes / block_size_bytes);
      const std::span<std::byte> data = buffer.first(blocks * block_size_bytes);
      const Status read = co_await device.read(lba, data);
      if (!read) co_return read.error();
      if (!replica.put(lba * block_size_bytes, data)) co_return Error(errno, "copy to memory");
      lba += blocks;
    }
  }
  co_return Status();
}

Result<std::optional<std::string>> probe(int fd, std::uint32_t block_size_bytes) {
  const std::unique_ptr<struct blkid_struct_probe, decltype(&blkid_free_probe)> probe(blkid_new_probe(),
                                                                                      &blkid_free_probe);
  const bool ready = probe && blkid_probe_set_device(probe.get(), fd, 0, 0) == 0 &&
                     blkid_probe_set_sectorsize(probe.get(), block_size_bytes) == 0 &&
                     blkid_probe_enable_superblocks(probe.get(), 1) == 0 &&
                     blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE) == 0 &&
                     blkid_probe_enable_partitions(probe.get(), 1) == 0;
  const int found = ready ? blkid_do_fullprobe(probe.get()) : -1;
  if (found < 0) return Error(EIO, "look for an existing file system", "libblkid failed; -f skips this check");
  if (found > 0) return std::optional<std::string>();

  const char* type = nullptr;
  if (blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) == 0) {
    return std::optional(fmt::format("an existing filesystem ({})", type));
  }
  if (blkid_probe_lookup_value(probe.get(), "PTTYPE", &type, nullptr) == 0) {
    return std::optional(fmt::format("a partition table ({})", type));
  }
  return std::optional<std::string>("something according to blkid");
}

constexpr std::string_view row_content = "a part of an existing filesystem (zonefs, on several devices in a row)";

}  // namespace

/// libblkid knows nothing of the record, which is all that a device of a row but the first has in its zone 0.
Task<Result<bool>> holds_member_record(ZonedDevice& device, Zone zone_0) {
  const std::uint64_t blocks = data_end(zone_0) - zone_0.start_lba;
  const std::uint64_t needed = linear::member_record_offset_bytes + linear::member_record_size_bytes;
  if (blocks * device.info().block_size_bytes < needed) co_return false;
  const Result<std::optional<linear::Member>> member = co_await linear::read_member(device);
  if (!member) co_return member.error();
  co_return member->has_value();
}

Task<Status> forget_row(ZonedDevice& device, Zone zone_0) {
  const Result<bool> member = co_await holds_member_record(device, zone_0);
  if (!member) co_return member.error();
  if (!*member) co_return Status();
  const Status erased = co_await linear::erase_member(device);
  co_return erased;
}

Task<Result<std::optional<std::string>>> find_existing_content(ZonedDevice& device, std::span<const Zone> zones) {
  const DeviceInfo& info = device.info();
  Replica replica;
  const int code = replica.make(info.capacity_blocks * info.block_size_bytes);
  if (code != 0) co_return Error(code, "look for an existing file system", "no memory file");

  const std::uint64_t head_blocks = std::min(info.capacity_blocks, head_bytes / info.block_size_bytes);
  const std::uint64_t tail_blocks = std::min(info.capacity_blocks - head_blocks, tail_bytes / info.block_size_bytes);
  const Extent head{0, head_blocks};
  const Extent tail{info.capacity_blocks - tail_blocks, tail_blocks};
  const Status head_copied = co_await replicate(device, zones, head, replica);
  if (!head_copied) co_return head_copied.error();
  const Status tail_copied = co_await replicate(device, zones, tail, replica);
  if (!tail_copied) co_return tail_copied.error();
  Result<std::optional<std::string>> found = probe(replica.fd(), info.block_size_bytes);
  if (!found || (found->has_value() && **found != zonefs_content) || zones.empty()) co_return found;
  const Result<bool> member = co_await holds_member_record(device, zones.front());
  if (!member) co_return member.error();
  if (*member) found = std::optional<std::string>(row_content);
  co_return found;
}

}  // namespace zonecopy::zonefs
