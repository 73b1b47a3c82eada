// ioctl(2) on zone files (include/zonecopy/ioctl.h): what one open of a file has copied, what the mount can do, gathers, and
// truncates that are carried out late.
#include "zonecopy/ioctl.h"
#include "zonefs/core/gather_wire.h"
#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

__u32 mode_number(CopyMode mode) {
  switch (mode) {
    case CopyMode::automatic: return ZONECOPY_COPY_AUTO;
    case CopyMode::offload: return ZONECOPY_COPY_OFFLOAD;
    case CopyMode::emulate: return ZONECOPY_COPY_EMULATE;
  }
  return ZONECOPY_COPY_AUTO;
}

zonecopy_file_info file_info(const FileSystem& files, const OpenFile& open_file) {
  const FileNumber number = open_file.file;
  const ZoneFile& file = files.file(number);
  const CopyTally& copied = open_file.copied;
  zonecopy_file_info info{};
  info.bytes_offloaded = copied.bytes_offloaded;
  info.bytes_kernel = copied.bytes_kernel;
  info.bytes_emulated = copied.bytes_emulated;
  info.capacity_bytes = file.capacity_bytes;
  info.zone_index = files.device_info().zone_of(file.start_lba);
  info.sequential = file.sequential ? 1 : 0;
  if (files.truncation_owed(number, &open_file)) info.flags |= ZONECOPY_FILE_TRUNCATION_OWED;
  if (!files.device_info().copy_moves_data.empty()) info.flags |= ZONECOPY_FILE_KERNEL_COPIES;
  if (file.sequential && files.options().strict) info.flags |= ZONECOPY_FILE_WHOLE_BLOCKS;
  info.copy_mode = mode_number(files.options().copy.mode);
  put_text(copied.not_offloaded_because, info.not_offloaded_because);
  put_text(files.device_info().copy_mechanism, info.copy_mechanism);
  return info;
}

/// Why copies of the mount are not offloaded; empty if they are.
std::string objection_to_offload(const FileSystem& files) {
  const DeviceInfo& info = files.device_info();
  if (files.options().copy.mode == CopyMode::emulate) return "copy=emulate asks for reading and writing";
  return info.copy_objection();
}

zonecopy_limits limits(const FileSystem& files) {
  const DeviceInfo& info = files.device_info();
  const CopyOptions copy = copy_options_for(files.options(), info.block_size_bytes);
  zonecopy_limits limits{};
  limits.gather_ranges_max = ZONECOPY_GATHER_RANGES_MAX;
  limits.block_size_bytes = info.block_size_bytes;
  limits.zone_size_bytes = info.zone_size_blocks * info.block_size_bytes;
  limits.copy_mode = mode_number(copy.mode);
  if (!info.copy_moves_data.empty()) limits.flags |= ZONECOPY_FILE_KERNEL_COPIES;
  if (copy.mode != CopyMode::emulate) {
    const CopyLimits device = lower_limits(info.copy_limits, copy.user_limits);
    limits.copy_ranges_max = device.available() ? device.max_ranges : 0;
    limits.copy_range_max_blocks = device.max_range_blocks;
    limits.copy_max_blocks = device.max_total_blocks;
  }
  put_text(info.copy_mechanism, limits.copy_mechanism);
  put_text(objection_to_offload(files), limits.not_offloaded_because);
  return limits;
}

template <typename Answer>
void reply(fuse_req_t request, const Answer& answer) {
  fuse_reply_ioctl(request, 0, &answer, sizeof answer);
}

void truncate_later(fuse_req_t request, FileSystem& files, OpenFile& open_file) {
  const Status owed = files.truncate_later(open_file);
  if (owed) {
    fuse_reply_ioctl(request, 0, nullptr, 0);
  } else {
    fuse_reply_err(request, owed.error().code());
  }
}

/// The kernel takes the number of bytes each way from the command's number, as the libraries of all programs do.
void op_ioctl(fuse_req_t request, fuse_ino_t inode, unsigned int command, void*, fuse_file_info* info, unsigned,
              const void* data, size_t data_bytes, size_t room_bytes) {
  const std::optional<PartFile> file = file_of(request, inode);
  OpenFile* open_file = file ? open_file_of(info) : nullptr;
  const bool fits = data_bytes >= (command & IOC_IN ? _IOC_SIZE(command) : 0) &&
                    room_bytes >= (command & IOC_OUT ? _IOC_SIZE(command) : 0);
  switch (open_file != nullptr && fits ? command : 0) {
    case ZONECOPY_IOC_FILE_INFO: return reply(request, file_info(*file->files, *open_file));
    case ZONECOPY_IOC_LIMITS: return reply(request, limits(*file->files));
    case ZONECOPY_IOC_GATHER: return begin_gather(request, *file, *open_file, data);
    case ZONECOPY_IOC_TRUNCATE_LATER: return truncate_later(request, *file->files, *open_file);
    case ZONECOPY_IOC_KEEP_OLD:
      file->files->keep_old(*open_file);
      fuse_reply_ioctl(request, 0, nullptr, 0);
      return;
    default: fuse_reply_err(request, ENOSYS);  // the kernel makes ENOTTY of it, which is the answer of zonefs
  }
}

}  // namespace

void add_ioctl_operation(fuse_lowlevel_ops& table) { table.ioctl = op_ioctl; }

}  // namespace zonecopy::zonefs
