// Helpers of all FUSE operations: from a request to its session and file, and the start of the coroutine that answers
// it.
#pragma once

#include <fuse_lowlevel.h>

#include <optional>

#include "zonefs/fuse/session.h"

namespace zonecopy::zonefs {

inline Session& session_of(fuse_req_t request) { return *static_cast<Session*>(fuse_req_userdata(request)); }
inline Mount& mount_of(fuse_req_t request) { return session_of(request).mounted(); }

/// The file `inode`; nothing for a directory.
inline std::optional<PartFile> file_of(fuse_req_t request, fuse_ino_t inode) { return mount_of(request).file(inode); }

/// The open file that belongs to the handle in `info`; null where there is none.
inline OpenFile* open_file_of(const fuse_file_info* info) {
  return info == nullptr ? nullptr : reinterpret_cast<OpenFile*>(info->fh);
}

/// Answers a request that no file supports: EOPNOTSUPP, but EPERM for a file of a bad zone, as with zonefs.
inline void refuse_for_file(fuse_req_t request, fuse_ino_t inode) {
  const std::optional<PartFile> file = file_of(request, inode);
  const bool immutable = file && file->files->file(file->number).immutable();
  fuse_reply_err(request, immutable ? EPERM : EOPNOTSUPP);
}

/// Starts the coroutine that answers `request`. The session waits for it before it ends.
void begin(fuse_req_t request, Task<void> handler);

/// Starts the gather to `destination` that `data` asks for, which is a zonecopy_gather_request (gather.cpp), and answers
/// it. `open_file` is an open of it.
void begin_gather(fuse_req_t request, const PartFile& destination, OpenFile& open_file, const void* data);

// Each adds its operations to the table.
void add_name_operations(fuse_lowlevel_ops& table);
void add_refusals(fuse_lowlevel_ops& table);
void add_file_operations(fuse_lowlevel_ops& table);
void add_copy_operation(fuse_lowlevel_ops& table);
void add_ioctl_operation(fuse_lowlevel_ops& table);
void add_extended_attribute_operations(fuse_lowlevel_ops& table);

}  // namespace zonecopy::zonefs
