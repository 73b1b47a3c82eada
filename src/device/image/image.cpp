#include "zonecopy/image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include <limits>

#include "src/base/endian.h"
#include "src/device/image/image_device.h"
#include "src/device/image/new_file.h"
#include "zonecopy/size.h"

namespace zonecopy {
namespace {

using image::Header;
using image::OpenImage;
using image::Use;

constexpr std::uint64_t page_bytes = 4096;

Error make_error(const std::string& path, int code, std::string detail) {
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
  if (spec.zone_size_bytes % page_bytes != 0) {
    return fmt::format("the zone size has to be a multiple of {}, so that no two zones share a page; it is {}",
                       page_bytes, spec.zone_size_bytes);
  }
  if (spec.zone_size_bytes / spec.block_size_bytes > image::written_blocks_max) {
    return fmt::format("a zone of {} is too large", spec.zone_size_bytes);
  }
  // Zone numbers have 32 bits, and so do the inode numbers that are made from them.
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

/// Writes a new image into an empty file. If false, errno tells why.
bool write_image(int fd, const Header& header) {
  if (ftruncate(fd, static_cast<off_t>(header.file_size_bytes())) != 0) return false;
  std::vector<std::uint64_t> table(header.zone_count);
  for (ZoneIndex zone = 0; zone < header.zone_count; ++zone) {
    const bool conventional = header.conventional(zone);
    const auto condition = conventional ? ZoneCondition::not_write_pointer : ZoneCondition::empty;
    table[zone] = swapped_on_big_endian(image::pack(image::ZoneRecord{condition, 0, 0}));
  }
  if (!write_all(fd, table.data(), table.size() * sizeof table[0], image::zone_table_offset_bytes)) return false;
  // The header comes last: without it the file is no image, should the process end before.
  const image::HeaderBytes bytes = image::encode(header);
  return write_all(fd, bytes.data(), bytes.size(), 0) && fsync(fd) == 0;
}

std::string explain_failure(int code, const Header& header) {
  if (code == EFBIG) {
    return fmt::format("the file system cannot hold a file of {} bytes", header.file_size_bytes());
  }
  return {};
}

}  // namespace

Status create_image(const std::string& path, const ImageSpec& spec) {
  if (const std::optional<std::string> why = objection(spec)) return make_error(path, EINVAL, *why);
  const Header header = header_for(spec);
  NewFile file(path);
  int code = file.open();
  if (code == 0 && !write_image(file.fd(), header)) code = errno;
  if (code == 0) code = file.publish();
  if (code == 0) return {};
  if (code == EEXIST) return make_error(path, code, "the file exists; choose another name or remove it first");
  return make_error(path, code, explain_failure(code, header));
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
  Result<FileDescriptor> file = image::open_file_for(path, read_only ? Use::read : Use::write);
  if (!file) return file.error();
  return image::open_image_at(loop, path, file->get(), read_only);
}

Result<std::unique_ptr<ZonedDevice>> image::open_image_at(EventLoop& loop, const std::string& path, int place,
                                                          bool read_only) {
  const Use use = read_only ? Use::read : Use::write;
  Result<FileDescriptor> file = open_place_for(path, place, use);
  if (!file) return file.error();
  Result<OpenImage> image = open_image_file(&loop, path, std::move(*file), use);
  if (!image) return image.error();
  return std::unique_ptr<ZonedDevice>(std::make_unique<ImageDevice>(loop, std::move(*image)));
}

Result<std::pair<DeviceInfo, std::vector<Zone>>> inspect_image(const std::string& path) {
  const Result<FileDescriptor> file = image::open_file_for(path, Use::look);
  if (!file) return file.error();
  return image::inspect_image_at(path, file->get());
}

Result<std::pair<DeviceInfo, std::vector<Zone>>> image::inspect_image_at(const std::string& path, int place) {
  Result<FileDescriptor> file = open_place_for(path, place, Use::look);
  if (!file) return file.error();
  const Result<OpenImage> image = open_image_file(nullptr, path, std::move(*file), Use::look);
  if (!image) return image.error();
  Result<std::vector<Zone>> zones = describe_zones(*image);
  if (!zones) return zones.error();
  return std::pair(describe(*image, image->store->copy_mechanism()), std::move(*zones));
}

Status set_image_zone_condition(const std::string& path, ZoneIndex zone, ZoneCondition condition) {
  const auto refuse_setting = [&](int code, std::string detail) {
    return Error(code, "set zone condition", std::move(detail)).on_device(path).at_zone(zone);
  };
  if (condition != ZoneCondition::read_only && condition != ZoneCondition::offline) {
    return refuse_setting(EINVAL, "a zone can be set read-only or offline");
  }
  Result<FileDescriptor> file = image::open_file_for(path, Use::write);
  if (!file) return file.error();
  Result<OpenImage> image = image::open_image_file(nullptr, path, std::move(*file), Use::look);
  if (!image) return image.error();
  if (zone >= image->header.zone_count) {
    return refuse_setting(EINVAL, fmt::format("the image has zones 0 to {}", image->header.zone_count - 1));
  }
  if (!image->header.has_failures()) {
    return refuse_setting(EOPNOTSUPP, "an image of so many zones, made by an early version, has no room for it");
  }
  const std::uint8_t failure = image::pack_failure(condition);
  const std::span<const std::byte> byte = std::as_bytes(std::span(&failure, 1));
  int code = image->store->write_table_now(byte, image->header.failure_offset_bytes(zone));
  if (code == 0) code = image->store->sync_now();
  if (code != 0) return refuse_setting(code, {});
  return {};
}

}  // namespace zonecopy
