#include "src/device/image/image_open.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "src/base/endian.h"
#include "src/device/image/image_file_store.h"

namespace zonecopy::image {
namespace {

// How long to wait for the lock: when umount(8) has ended, the daemon may hold the image a little longer.
constexpr std::chrono::milliseconds lock_patience(3000);
constexpr std::chrono::milliseconds lock_retry_interval(20);

Error make_error(const std::string& path, int code, std::string detail = {}) {
  Error error(code, "open image", std::move(detail));
  error.on_device(path);
  return error;
}

/// Whether the file system is read-only, the file immutable, or there is no permission.
bool cannot_be_written(int code) { return code == EROFS || code == EPERM || code == EACCES; }

Status take_lock(const std::string& path, int fd, Use use) {
  const auto deadline = std::chrono::steady_clock::now() + lock_patience;
  while (const int code = lock_image_file(fd, use == Use::write)) {
    if (code != EWOULDBLOCK && code != EACCES) return make_error(path, code, "cannot lock the file");
    if (std::chrono::steady_clock::now() > deadline) {
      return make_error(path, EBUSY, "the image is in use by another process; unmount it first");
    }
    std::this_thread::sleep_for(lock_retry_interval);
  }
  return {};
}

Result<Header> read_header(const std::string& path, ImageStore& store, std::uint64_t file_size_bytes) {
  HeaderBytes bytes{};
  const std::span<std::byte> present = std::span(bytes).first(std::min<std::uint64_t>(file_size_bytes, bytes.size()));
  const int code = store.read_now(present, 0);
  if (code != 0) return make_error(path, code);
  Result<Header> header = decode(present);
  if (!header) return header.error().on_device(path);
  const std::uint64_t expected_bytes = header->file_size_bytes();
  if (file_size_bytes < expected_bytes) {
    return make_error(
        path, EINVAL,
        fmt::format("the image is truncated: it has {} bytes and should have {}", file_size_bytes, expected_bytes));
  }
  return header;
}

/// Whether the record suits the type of the zone: any zone can be read-only or offline; else only a conventional one
/// has no write pointer.
bool fits(const Header& header, ZoneIndex zone, const std::optional<ZoneRecord>& record) {
  if (!record) return false;
  if (record->condition == ZoneCondition::read_only || record->condition == ZoneCondition::offline) return true;
  return header.conventional(zone) == (record->condition == ZoneCondition::not_write_pointer);
}

Result<std::vector<std::uint64_t>> read_table(const std::string& path, ImageStore& store, const Header& header) {
  std::vector<std::uint64_t> words(header.zone_count);
  const int code = store.read_now(std::as_writable_bytes(std::span(words)), header.word_offset_bytes(0));
  if (code != 0) return make_error(path, code, "the zone table cannot be read");
  for (std::uint64_t& word : words) word = swapped_on_big_endian(word);
  for (ZoneIndex zone = 0; zone < header.zone_count; ++zone) {
    const std::optional<ZoneRecord> record = unpack(words[zone], header.zone_capacity_of(zone));
    if (!fits(header, zone, record)) {
      Error error = make_error(path, EINVAL, fmt::format("the image's zone table is damaged at zone {}", zone));
      return error.at_zone(zone);
    }
  }
  return words;
}

/// Reduces a zone to the blocks that are on the media. A finish that was not synced is undone.
Status cut_to_data(const OpenImage& image, ZoneIndex zone, ZoneRecord& record) {
  if (record.unsynced_blocks == 0) return {};
  const Lba start_lba = Lba{zone} * image.header.zone_size_blocks;
  const Lba synced_lba = start_lba + record.written_blocks - record.unsynced_blocks;
  const Result<std::uint64_t> hole = image.store->find(ImageStore::Seek::hole, image.header.offset_of(synced_lba));
  if (!hole) return make_error(image.path, hole.error().code(), "its holes cannot be looked for");
  if (*hole >= image.header.offset_of(start_lba + record.written_blocks)) return {};
  record.written_blocks = (*hole - image.header.offset_of(start_lba)) / image.header.block_size_bytes;
  record.condition = record.written_blocks == 0 ? ZoneCondition::empty : ZoneCondition::closed;
  record.unsynced_blocks = 0;
  return {};
}

/// Frees the space of blocks above the write pointer, which an interrupted write left. A failure does not matter.
void clear_above(const OpenImage& image, ZoneIndex zone, std::uint64_t written_blocks) {
  const std::uint64_t blocks = image.header.zone_length_blocks(zone) - written_blocks;
  const Lba start_lba = Lba{zone} * image.header.zone_size_blocks;
  (void)image.store->punch_now(image.header.offset_of(start_lba + written_blocks),
                               blocks * image.header.block_size_bytes);
}

Status recover_zone(OpenImage& image, ZoneIndex zone) {
  // The words were checked when they were read, so that the record is valid.
  ZoneRecord record = unpack(image.words[zone], image.header.zone_capacity_of(zone)).value_or(ZoneRecord());
  const Status cut = cut_to_data(image, zone, record);
  if (!cut) return cut;
  if (is_open(record.condition)) {
    record.condition = record.written_blocks == 0 ? ZoneCondition::empty : ZoneCondition::closed;
  }
  const std::uint64_t word = pack(record);
  if (word == image.words[zone]) return {};
  image.words[zone] = word;
  if (!image.writable) return {};
  // If the table cannot be written now (full disk), the next open finds the same state and comes to the same result.
  const std::uint64_t stored = swapped_on_big_endian(word);
  (void)image.store->write_table_now(std::as_bytes(std::span(&stored, 1)), image.header.word_offset_bytes(zone));
  clear_above(image, zone, record.written_blocks);
  return {};
}

}  // namespace

Result<FileDescriptor> open_file_for(const std::string& path, Use use) {
  // O_NONBLOCK: the open of a pipe must not wait for its other end.
  const int access = use == Use::write ? O_RDWR : O_RDONLY;
  FileDescriptor file(open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file) return file;
  const int code = errno;
  const bool readable = use == Use::write && FileDescriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return make_error(
      path, code,
      readable && cannot_be_written(code) ? "it cannot be written; to mount it for reading, add -o ro" : "");
}

Result<FileDescriptor> open_place_for(const std::string& path, int place, Use use) {
  Result<FileDescriptor> file = open_file_for(fmt::format("/proc/self/fd/{}", place), use);
  if (!file) file.error().on_device(path);
  return file;
}

Result<OpenImage> read_image(const std::string& path, std::unique_ptr<ImageStore> store,
                             std::uint64_t file_size_bytes) {
  const Result<Header> header = read_header(path, *store, file_size_bytes);
  if (!header) return header.error();
  Result<std::vector<std::uint64_t>> words = read_table(path, *store, *header);
  if (!words) return words.error();
  return OpenImage{path, *header, std::move(*words), std::move(store), false};
}

Status recover(OpenImage& image) {
  for (ZoneIndex zone = 0; zone < image.header.zone_count; ++zone) {
    const Status recovered = recover_zone(image, zone);
    if (!recovered) return recovered;
  }
  if (!image.writable) return {};
  // After this everything that is read is on the media, including the holes above the write pointers.
  const int code = image.store->sync_now();
  if (code != 0) return make_error(image.path, code, "what was written before cannot be made durable");
  return {};
}

Result<std::vector<Zone>> describe_zones(const OpenImage& image) {
  const Header& header = image.header;
  std::vector<std::byte> failures(header.zone_count);
  if (header.has_failures()) {
    const int code = image.store->read_now(failures, header.failure_offset_bytes(0));
    if (code != 0) return make_error(image.path, code, "the zone table cannot be read");
  }
  std::vector<Zone> zones;
  zones.reserve(header.zone_count);
  for (ZoneIndex zone = 0; zone < header.zone_count; ++zone) {
    ZoneRecord record = unpack(image.words[zone], header.zone_capacity_of(zone)).value_or(ZoneRecord());
    const Status cut = cut_to_data(image, zone, record);
    if (!cut) return cut.error();
    zones.push_back(header.describe(zone, fail(record.state(header.zone_capacity_of(zone)), failures[zone])));
  }
  return zones;
}

Result<OpenImage> open_image_file(EventLoop* loop, const std::string& path, FileDescriptor file, Use use) {
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) return make_error(path, errno);
  if (!S_ISREG(facts.st_mode)) return make_error(path, EINVAL, "this is no regular file");
  const int fd = file.get();
  auto store = std::make_unique<FileStore>(loop, std::move(file));
  // The file is checked before the wait for the lock, as a file that is no image needs no wait.
  Result<OpenImage> image = read_image(path, std::move(store), static_cast<std::uint64_t>(facts.st_size));
  if (!image) return image.error();
  if (use == Use::look) {
    image->store->prepare(image->header, false);
    return image;
  }
  const Status locked = take_lock(path, fd, use);
  if (!locked) return locked.error();
  // It is read again, as the previous holder may have changed it until now.
  if (fstat(fd, &facts) != 0) return make_error(path, errno);
  Result<OpenImage> locked_image = read_image(path, std::move(image->store), static_cast<std::uint64_t>(facts.st_size));
  if (!locked_image) return locked_image.error();
  locked_image->writable = use == Use::write;
  locked_image->store->prepare(locked_image->header, locked_image->writable);
  const Status recovered = recover(*locked_image);
  if (!recovered) return recovered.error();
  return locked_image;
}

}  // namespace zonecopy::image
