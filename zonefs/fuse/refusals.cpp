// The operations that a zone file system does not have. Each returns the error of zonefs; without a handler the caller
// would get ENOSYS.
#include <cstring>

#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

/// Names come from the zones, so that no new one can be made.
void refuse_new_name(fuse_req_t request, const char* name) {
  fuse_reply_err(request, std::strlen(name) > mount_of(request).name_max_bytes() ? ENAMETOOLONG : ENOENT);
}

/// `directory`: in which something is to be changed.
void refuse_change(fuse_req_t request, fuse_ino_t directory) {
  fuse_reply_err(request, mount_of(request).is_read_only(directory) ? EROFS : EPERM);
}

void op_mknod(fuse_req_t request, fuse_ino_t, const char* name, mode_t, dev_t) { refuse_new_name(request, name); }
void op_mkdir(fuse_req_t request, fuse_ino_t, const char* name, mode_t) { refuse_new_name(request, name); }
void op_create(fuse_req_t request, fuse_ino_t, const char* name, mode_t, fuse_file_info*) {
  refuse_new_name(request, name);
}
void op_symlink(fuse_req_t request, const char*, fuse_ino_t, const char* name) { refuse_new_name(request, name); }
void op_link(fuse_req_t request, fuse_ino_t, fuse_ino_t, const char* name) { refuse_new_name(request, name); }
void op_unlink(fuse_req_t request, fuse_ino_t parent, const char*) { refuse_change(request, parent); }
void op_rmdir(fuse_req_t request, fuse_ino_t parent, const char*) { refuse_change(request, parent); }
void op_rename(fuse_req_t request, fuse_ino_t, const char*, fuse_ino_t new_parent, const char* new_name, unsigned) {
  if (mount_of(request).lookup(new_parent, new_name)) {
    refuse_change(request, new_parent);
  } else {
    refuse_new_name(request, new_name);
  }
}
/// Zone files cannot allocate or free space. The kernel has already checked that the file can be written.
void op_fallocate(fuse_req_t request, fuse_ino_t inode, int, off_t, off_t, fuse_file_info*) {
  refuse_for_file(request, inode);
}
void op_fsyncdir(fuse_req_t request, fuse_ino_t, int, fuse_file_info*) { fuse_reply_err(request, EINVAL); }

}  // namespace

void add_refusals(fuse_lowlevel_ops& table) {
  table.mknod = op_mknod;
  table.mkdir = op_mkdir;
  table.create = op_create;
  table.symlink = op_symlink;
  table.link = op_link;
  table.unlink = op_unlink;
  table.rmdir = op_rmdir;
  table.rename = op_rename;
  table.fallocate = op_fallocate;
  table.fsyncdir = op_fsyncdir;
}

}  // namespace zonecopy::zonefs
