#!/usr/bin/env python3
"""fallocate, reflinks, extended attributes and file flags: the answers programs fall back from."""
from zctest import *

FICLONE, FICLONERANGE, FIDEDUPERANGE, FS_IOC_GETFLAGS, FS_IOC_FIEMAP = 0x40049409, 0x4020940d, 0xc0189436, 0x80086601, 0xc020660b
fs = Image(conventional=2).mount()
write_direct(fs.seq(0), pattern(8192))


def fallocate(fd, mode, offset, length):
    result = libc.fallocate(fd, mode, ctypes.c_long(offset), ctypes.c_long(length))
    if result < 0:
        raise OSError(ctypes.get_errno(), "fallocate")
    return result


for target in (fs.seq(1), fs.cnv(0)):
    with opened(target, O_RDWR) as fd, opened(fs.seq(0), O_RDONLY) as source:
        for mode in (0, 1, 3, 16):  # allocate, keep size, punch a hole, write zeros
            refused("EOPNOTSUPP", fallocate, fd, mode, 0, 4096)
        refused("EOPNOTSUPP", fcntl.ioctl, fd, FICLONE, source)
        refused("EOPNOTSUPP", fcntl.ioctl, fd, FICLONERANGE, struct.pack("qQQQ", source, 0, 4096, 0))
        refused("ENOTTY", fcntl.ioctl, fd, FS_IOC_GETFLAGS, bytes(8))
        refused("EOPNOTSUPP", fcntl.ioctl, fd, FS_IOC_FIEMAP, bytes(32))
    refused("EOPNOTSUPP", os.setxattr, target, "user.mine", b"x")
    refused("EOPNOTSUPP", os.removexattr, target, "user.mine")
    refused("ENODATA EOPNOTSUPP", os.getxattr, target, "user.mine")
    check("user.mine" not in os.listxattr(target), "not listed")
refused("EOPNOTSUPP EPERM", os.setxattr, fs.path, "user.zonecopy.bytes_offloaded", b"0")
refused("ENODATA EOPNOTSUPP", os.getxattr, fs.path, "user.zonecopy.nonsense")
refused("ENODATA EOPNOTSUPP", os.getxattr, fs.path, "user.mine")
equal(os.stat(fs.seq(1)).st_size, 0)
same_bytes(content(fs.seq(0)), pattern(8192), "seq/0")
