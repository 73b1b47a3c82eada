// Extended attributes of the root, and of the folder of each of several devices: the status, and the attribute by which
// a remount sends new options.
#include <string>

#include "zonefs/core/mount_status.h"
#include "zonefs/fuse/request.h"

namespace zonecopy::zonefs {
namespace {

void reply_bytes(fuse_req_t request, const std::string& bytes, std::size_t room) {
  if (room == 0) {
    fuse_reply_xattr(request, bytes.size());
  } else if (bytes.size() > room) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, bytes.data(), bytes.size());
  }
}

void op_getxattr(fuse_req_t request, fuse_ino_t inode, const char* name, size_t room) {
  const Mount& mount = mount_of(request);
  const std::optional<PartNode> place = mount.part_node(inode);
  const bool of_device = place && place->node == root_node;
  if (!of_device && inode != root_node) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  const std::optional<std::string> value =
      of_device ? status_text(*place->files, name) : mount_status_text(mount, name);
  if (value) {
    reply_bytes(request, *value, room);
  } else {
    fuse_reply_err(request, ENODATA);
  }
}

/// Lists no attributes, on purpose: cp -a, rsync -X and tar copy those that are listed.
void op_listxattr(fuse_req_t request, fuse_ino_t, size_t room) { reply_bytes(request, {}, room); }

/// After an error the mount becomes read-only with a delay. Until then the kernel does not refuse changes, so this
/// does.
void refuse_attribute(fuse_req_t request, fuse_ino_t inode) {
  if (mount_of(request).is_read_only(inode)) {
    fuse_reply_err(request, EROFS);
  } else {
    refuse_for_file(request, inode);
  }
}

void op_setxattr(fuse_req_t request, fuse_ino_t inode, const char* name, const char* value, size_t size, int) {
  if (inode != root_node || name != remount_attribute) {
    refuse_attribute(request, inode);
    return;
  }
  if (fuse_req_ctx(request)->uid != 0) {
    fuse_reply_err(request, EPERM);
    return;
  }
  const Status remounted = mount_of(request).remount(std::string_view(value, size));
  session_of(request).reflect_read_only();
  fuse_reply_err(request, remounted ? 0 : remounted.error().code());
}

void op_removexattr(fuse_req_t request, fuse_ino_t inode, const char*) { refuse_attribute(request, inode); }

}  // namespace

void add_extended_attribute_operations(fuse_lowlevel_ops& table) {
  table.getxattr = op_getxattr;
  table.listxattr = op_listxattr;
  table.setxattr = op_setxattr;
  table.removexattr = op_removexattr;
}

}  // namespace zonecopy::zonefs
