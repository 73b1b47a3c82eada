#include "zonefs/core/volume.h"

#include <fmt/format.h>

#include <algorithm>

#include "zonefs/core/device_errno.h"
#include "zonefs/core/request_size.h"

namespace zonecopy::zonefs {
namespace {

// The number of buffers, which bounds the memory of reads and emulated copies in flight.
constexpr std::size_t buffers_max = 64;
constexpr std::size_t incoming_buffers_max = 32;
// A buffered read may need one more block at each end.
constexpr std::size_t buffer_size_bytes = request_data_max_bytes + std::size_t{2} * 4096;

const char* kernel_name(ZoneAction action) {
  switch (action) {
    case ZoneAction::open: return "ZONE_OPEN";
    case ZoneAction::close: return "ZONE_CLOSE";
    case ZoneAction::finish: return "ZONE_FINISH";
    case ZoneAction::reset: return "ZONE_RESET";
  }
  return "";
}

}  // namespace

Volume::Volume(EventLoop& loop_, std::unique_ptr<ZonedDevice> device_, MountOptions options_, Log& log_, Clock clock_,
               SuperBlock super_block_, Tree tree_, std::vector<ZoneFile> files_)
    : loop(loop_),
      device(std::move(device_)),
      options(std::move(options_)),
      log(log_),
      clock(std::move(clock_)),
      super_block(std::move(super_block_)),
      tree(std::move(tree_)),
      files(device->info(), std::move(files_)),
      buffers(buffer_size_bytes, buffers_max, &loop.memory()),
      incoming(buffer_size_bytes, incoming_buffers_max, &loop.memory()) {
  const Timestamp mounted = now();
  for (Directory& directory : directories) {
    const bool group = &directory != &directories.front();
    directory.uid = group ? options.owner_uid : 0;
    directory.gid = group ? options.owner_gid : 0;
    directory.access_time = directory.modification_time = directory.change_time = mounted;
  }
}

Error Volume::make_error(int code, const char* operation, FileNumber number, std::string detail) const {
  Error error(code, operation, std::move(detail));
  error.on_device(info().path).at_zone(files.zone_of(number));
  return error;
}

void Volume::log_error(const Error& error) {
  health.note_error(error.to_string());
  log.write(Severity::error, error.to_string());
}

void Volume::touch(FileNumber number) {
  if (options.strict) return;
  files[number].modification_time = files[number].change_time = now();
}

Task<Status> manage_zone(Volume& volume, FileNumber number, ZoneAction action) {
  const Status done = co_await volume.device->manage_zone(volume.files.zone_of(number), action);
  if (done) co_return done;
  const int code = device_errno(done.error());
  volume.health.note_error(done.error().to_string());
  volume.log.write(Severity::error,
                   fmt::format("Zone management operation {} at {} failed {} ({})", kernel_name(action),
                               volume.files.start_sector(number), -code, done.error().to_string()));
  Error error = done.error();
  co_return error.with_code(code);
}

Task<Status> read_blocks(Volume& volume, FileNumber number, std::uint64_t offset_bytes, std::span<std::byte> data) {
  while (!data.empty()) {
    const Mapping at = volume.files.map(number, offset_bytes);
    const std::size_t part_bytes = std::min<std::uint64_t>(
        {data.size(), volume.info().max_transfer_bytes, at.zone_left_blocks * volume.files.block_size_bytes()});
    const Status done = co_await volume.device->read(at.lba, data.first(part_bytes));
    if (!done) co_return done;
    data = data.subspan(part_bytes);
    offset_bytes += part_bytes;
  }
  co_return Status();
}

Task<Status> write_blocks(Volume& volume, FileNumber number, std::uint64_t offset_bytes,
                          std::span<const std::byte> data, bool append) {
  const DeviceInfo& info = volume.info();
  const std::uint64_t limit_bytes = append ? info.max_append_bytes : info.max_transfer_bytes;
  while (!data.empty()) {
    const Mapping at = volume.files.map(number, offset_bytes);
    const std::size_t part_bytes =
        std::min<std::uint64_t>({data.size(), limit_bytes, at.zone_left_blocks * info.block_size_bytes});
    const std::span<const std::byte> part = data.first(part_bytes);
    if (append) {
      const Result<Lba> landed = co_await volume.device->append(volume.files.zone_of(number), part);
      if (!landed) co_return landed.error();
      if (*landed != at.lba) {
        Error moved = volume.make_error(EIO, "zone append", number,
                                        "the data is not where the file ends: something else writes to the zone");
        co_return moved.at_lba(*landed);
      }
    } else {
      const Status written = co_await volume.device->write(at.lba, part);
      if (!written) co_return written;
    }
    data = data.subspan(part_bytes);
    offset_bytes += part_bytes;
  }
  co_return Status();
}

Task<Status> write_zero_blocks(Volume& volume, FileNumber number, std::uint64_t offset_bytes, std::uint64_t blocks) {
  while (blocks != 0) {
    const Mapping at = volume.files.map(number, offset_bytes);
    const std::uint64_t part_blocks = std::min(blocks, at.zone_left_blocks);
    const Status written = co_await volume.device->write_zeroes(at.lba, part_blocks);
    if (!written) co_return written;
    blocks -= part_blocks;
    offset_bytes += part_blocks * volume.info().block_size_bytes;
  }
  co_return Status();
}

}  // namespace zonecopy::zonefs
