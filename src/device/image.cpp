#include "zonecopy/image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include <limits>

#include "device/image_device.h"
#include "zonecopy/size.h"

namespace zonecopy {
namespace {

using image::Header;
using image::ImageFile;

Error refuse(const std::string& path, int code, std::string detail) {
  Error error(code, "create image", std::move(detail));
  error.on_device(path);
  return error;
}

std::optional<std::string> objection(const ImageSpec& spec) {
  if (spec.block_size_bytes != 512 && spec.block_size_bytes != 4096) {
    return fmt::format("the block size is 512 or 4096, not {}", spec.block_size_bytes);
  }
  const auto whole_blocks = [&](std::uint64_t bytes) { return bytes % spec.block_size_bytes == 0; };
  if (spec.zone_size_bytes == 0 || !whole_blocks(spec.zone_size_bytes)) {
    return fmt::format("the zone size has to be a multiple of the block size ({}), not {}", spec.block_size_bytes,
                       spec.zone_size_bytes);
  }
  if (spec.zone_size_bytes < 8192) {
    return fmt::format("a zone has to hold at least 8192 bytes, not {}", spec.zone_size_bytes);
  }
  if (spec.zone_capacity_bytes > spec.zone_size_bytes || !whole_blocks(spec.zone_capacity_bytes)) {
    return fmt::format("the zone capacity is a multiple of the block size ({}) and at most the zone size ({}), not {}",
                       spec.block_size_bytes, spec.zone_size_bytes, spec.zone_capacity_bytes);
  }
  if (spec.zone_capacity_bytes != 0 && spec.zone_capacity_bytes < 4096) {
    return fmt::format("the zone capacity is at least 4096 bytes, not {}", spec.zone_capacity_bytes);
  }
  if (!whole_blocks(spec.size_bytes)) {
    return fmt::format("the size has to be a multiple of the block size ({}), not {}", spec.block_size_bytes,
                       spec.size_bytes);
  }
  const std::uint64_t zones = (spec.size_bytes + spec.zone_size_bytes - 1) / spec.zone_size_bytes;
  if (zones < 2) {
    return fmt::format("a size of {} holds fewer than two zones of {}; the first zone is for the super block",
                       format_size(spec.size_bytes), format_size(spec.zone_size_bytes));
  }
  // Zone numbers have 32 bits, and so have the inode numbers derived from them.
  if (zones > std::numeric_limits<std::int32_t>::max())
    return fmt::format("{} zones are too many; make them larger", zones);
  if (spec.size_bytes > std::uint64_t{1} << 60) return fmt::format("a size of {} is too large", spec.size_bytes);
  if (spec.conventional_zones > zones) {
    return fmt::format("{} conventional zones are more than the {} zones there are", spec.conventional_zones, zones);
  }
  if (spec.max_active_zones != 0 && spec.max_open_zones > spec.max_active_zones) {
    return fmt::format("the limit of open zones ({}) is above that of active zones ({}), which they are part of",
                       spec.max_open_zones, spec.max_active_zones);
  }
  return std::nullopt;
}

Header header_for(const ImageSpec& spec) {
  Header header;
  header.block_size_bytes = spec.block_size_bytes;
  header.zone_count = static_cast<std::uint32_t>((spec.size_bytes + spec.zone_size_bytes - 1) / spec.zone_size_bytes);
  header.zone_size_blocks = spec.zone_size_bytes / spec.block_size_bytes;
  const std::uint64_t capacity_bytes = spec.zone_capacity_bytes != 0 ? spec.zone_capacity_bytes : spec.zone_size_bytes;
  header.zone_capacity_blocks = capacity_bytes / spec.block_size_bytes;
  header.conventional_zones = spec.conventional_zones;
  header.max_open_zones = spec.max_open_zones;
  header.max_active_zones = spec.max_active_zones;
  header.capacity_blocks = spec.size_bytes / spec.block_size_bytes;
  header.data_offset_bytes = image::data_offset_for(header.zone_count);
  uuid_generate(header.uuid.data());
  return header;
}

bool write_all(int fd, const void* data, std::size_t size_bytes, std::uint64_t offset_bytes) {
  const auto* bytes = static_cast<const char*>(data);
  while (size_bytes > 0) {
    const ssize_t count = pwrite(fd, bytes, size_bytes, static_cast<off_t>(offset_bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes += count;
    offset_bytes += static_cast<std::uint64_t>(count);
    size_bytes -= static_cast<std::size_t>(count);
  }
  return true;
}

/// Fills a new file; errno says what failed.
bool write_image(int fd, const Header& header) {
  if (ftruncate(fd, static_cast<off_t>(header.file_size_bytes())) != 0) return false;
  std::vector<std::uint64_t> table(header.zone_count);
  for (ZoneIndex zone = 0; zone < header.zone_count; ++zone) {
    const bool conventional = header.conventional(zone);
    table[zone] = image::pack({conventional ? ZoneCondition::not_write_pointer : ZoneCondition::empty, 0});
  }
  if (!write_all(fd, table.data(), table.size() * sizeof table[0], image::zone_table_offset_bytes)) return false;
  // The header last: a file without it is no image.
  const image::HeaderBytes bytes = image::encode(header);
  return write_all(fd, bytes.data(), bytes.size(), 0) && fsync(fd) == 0;
}

/// A read-only file system, no permission, or an immutable file.
bool cannot_be_written(const Error& error) {
  return error.code() == EROFS || error.code() == EACCES || error.code() == EPERM;
}

std::string explain_failure(int code, const Header& header) {
  if (code == EFBIG) {
    return fmt::format("the file system cannot hold a file of {} bytes", header.file_size_bytes());
  }
  return {};
}

}  // namespace

Status create_image(const std::string& path, const ImageSpec& spec) {
  if (const std::optional<std::string> why = objection(spec)) return refuse(path, EINVAL, *why);
  const Header header = header_for(spec);
  const FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) {
    const int code = errno;
    return refuse(path, code, code == EEXIST ? "the file exists; choose another name or remove it first" : "");
  }
  if (write_image(file.get(), header)) return {};
  const int code = errno;
  unlink(path.c_str());
  return refuse(path, code, explain_failure(code, header));
}

Result<bool> is_image(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Error(errno, "open").on_device(path);
  std::array<std::byte, 16> start{};
  const ssize_t count = pread(file.get(), start.data(), start.size(), 0);
  if (count < 0) return Error(errno, "read").on_device(path);
  return image::has_magic(std::span(start).first(static_cast<std::size_t>(count)));
}

Result<std::unique_ptr<ZonedDevice>> open_image(EventLoop& loop, const std::string& path, bool read_only) {
  // Also a read-only mount needs the table writable: zones are recovered, and conditions can be set from outside.
  Result<ImageFile> file = image::open_image_file(path, true, true);
  if (!file && read_only && cannot_be_written(file.error())) {
    file = image::open_image_file(path, false, false);
  }
  if (!file) return file.error();
  const bool writable = file->writable;
  auto device = std::make_unique<image::ImageDevice>(loop, std::move(*file));
  if (writable) {
    const Status recovered = device->recover();
    if (!recovered) return recovered.error();
  }
  return std::unique_ptr<ZonedDevice>(std::move(device));
}

Result<std::pair<DeviceInfo, std::vector<Zone>>> inspect_image(const std::string& path) {
  const Result<ImageFile> file = image::open_image_file(path, false, false);
  if (!file) return file.error();
  std::vector<Zone> zones;
  for (ZoneIndex zone = 0; zone < file->header.zone_count; ++zone) {
    const auto state = image::unpack(file->table.load(zone), file->header.zone_capacity_of(zone));
    zones.push_back(file->header.describe(zone, state.value_or(ZoneState{ZoneCondition::offline, 0})));
  }
  return std::pair(image::describe(*file, image::probe(*file)), std::move(zones));
}

Status set_image_zone_condition(const std::string& path, ZoneIndex zone, ZoneCondition condition) {
  const auto refuse_setting = [&](int code, std::string detail) {
    return Error(code, "set zone condition", std::move(detail)).on_device(path).at_zone(zone);
  };
  if (condition != ZoneCondition::read_only && condition != ZoneCondition::offline) {
    return refuse_setting(EINVAL, "a zone can be set read-only or offline");
  }
  Result<ImageFile> file = image::open_image_file(path, true, false);
  if (!file) return file.error();
  if (zone >= file->header.zone_count) {
    return refuse_setting(EINVAL, fmt::format("the image has zones 0 to {}", file->header.zone_count - 1));
  }
  while (true) {  // until no write of a running program comes in between
    const std::uint64_t word = file->table.load(zone);
    const auto state = image::unpack(word, file->header.zone_capacity_of(zone));
    const ZoneState bad{condition, state ? state->write_pointer_blocks : 0};
    if (file->table.replace(zone, word, image::pack(bad))) break;
  }
  if (fdatasync(file->buffered.get()) != 0) return refuse_setting(errno, {});
  return {};
}

}  // namespace zonecopy
