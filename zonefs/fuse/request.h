// Helpers of all FUSE operations: from a request to its session and file, and the start of the coroutine that answers
// it.
#pragma once

#include <fuse_lowlevel.h>

#include <optional>

#include "zonefs/fuse/session.h"

namespace zonecopy::zonefs {

inline Session& session_of(fuse_req_t request) { return *static_cast<Session*>(fuse_req_userdata(request)); }
inline FileSystem& files_of(fuse_req_t request) { return session_of(request).file_system(); }

/// The number of the file `inode`; nothing for a directory.
inline std::optional<FileNumber> file_number(fuse_req_t request, fuse_ino_t inode) {
  const std::optional<Node> node = files_of(request).tree().node(inode);
  if (!node || node->kind != Node::Kind::file) return std::nullopt;
  return node->file;
}

/// The open file that belongs to the handle in `info`; null where there is none.
inline OpenFile* open_file_of(const fuse_file_info* info) {
  return info == nullptr ? nullptr : reinterpret_cast<OpenFile*>(info->fh);
}

/// Answers a request that no file supports: EOPNOTSUPP, but EPERM for a file of a bad zone, as with zonefs.
inline void refuse_for_file(fuse_req_t request, fuse_ino_t inode) {
  const std::optional<FileNumber> number = file_number(request, inode);
  const bool immutable = number && files_of(request).file(*number).immutable();
  fuse_reply_err(request, immutable ? EPERM : EOPNOTSUPP);
}

/// Starts the coroutine that answers `request`. The session waits for it before it ends.
void begin(fuse_req_t request, Task<void> handler);

/// Starts the gather that `data` asks for, which is a zonecopy_gather_request (gather.cpp), and answers it.
void begin_gather(fuse_req_t request, OpenFile& open_file, const void* data);

// Each adds its operations to the table.
void add_name_operations(fuse_lowlevel_ops& table);
void add_refusals(fuse_lowlevel_ops& table);
void add_file_operations(fuse_lowlevel_ops& table);
void add_copy_operation(fuse_lowlevel_ops& table);
void add_ioctl_operation(fuse_lowlevel_ops& table);
void add_extended_attribute_operations(fuse_lowlevel_ops& table);

}  // namespace zonecopy::zonefs
