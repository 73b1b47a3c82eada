// ioctl(2) on zone files: what one open of a file has copied, and truncates that are carried out late
// (include/zonecopy/ioctl.h).
#include <algorithm>
#include <cstring>

#include "zonecopy/ioctl.h"
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

/// Copies a text, cut to the size of `room`, whose bytes are all 0 before.
template <std::size_t size>
void put_text(const std::string& text, char (&room)[size]) {
  std::memcpy(room, text.data(), std::min(text.size(), size - 1));
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
  info.copy_mode = mode_number(files.options().copy.mode);
  put_text(copied.not_offloaded_because, info.not_offloaded_because);
  put_text(files.device_info().copy_mechanism, info.copy_mechanism);
  return info;
}

void op_ioctl(fuse_req_t request, fuse_ino_t inode, unsigned int command, void*, fuse_file_info* info, unsigned,
              const void*, size_t, size_t room) {
  OpenFile* open_file = file_number(request, inode) ? open_file_of(info) : nullptr;
  FileSystem& files = files_of(request);
  if (open_file != nullptr && command == ZONECOPY_IOC_FILE_INFO && room >= sizeof(zonecopy_file_info)) {
    const zonecopy_file_info answer = file_info(files, *open_file);
    fuse_reply_ioctl(request, 0, &answer, sizeof answer);
  } else if (open_file != nullptr && command == ZONECOPY_IOC_TRUNCATE_LATER) {
    const Status owed = files.truncate_later(*open_file);
    if (owed) {
      fuse_reply_ioctl(request, 0, nullptr, 0);
    } else {
      fuse_reply_err(request, owed.error().code());
    }
  } else if (open_file != nullptr && command == ZONECOPY_IOC_KEEP_OLD) {
    files.keep_old(*open_file);
    fuse_reply_ioctl(request, 0, nullptr, 0);
  } else {
    fuse_reply_err(request, ENOSYS);  // the kernel makes ENOTTY of it, which is the answer of zonefs
  }
}

}  // namespace

void add_ioctl_operation(fuse_lowlevel_ops& table) { table.ioctl = op_ioctl; }

}  // namespace zonecopy::zonefs
