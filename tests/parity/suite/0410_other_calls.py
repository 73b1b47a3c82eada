#!/usr/bin/env python3
"""What zone files cannot do at all, and locks, which they can."""
from zonefs import *

need(seq=2)
FS_IOC_GETFLAGS, FICLONE = 0x80086601, 0x40049409
fs = fresh()
write_direct(fs.seq(0), pattern(8192))
with opened(fs.seq(0), O_RDWR) as fd, opened(fs.seq(1), O_RDWR) as other:
    row("fallocate", "EOPNOTSUPP", fallocate, fd)
    row("FICLONE", "EOPNOTSUPP", fcntl.ioctl, other, FICLONE, fd)
    row("FS_IOC_GETFLAGS", "ENOTTY", fcntl.ioctl, fd, FS_IOC_GETFLAGS, bytes(8))
    row("setxattr", "EOPNOTSUPP", os.setxattr, fs.seq(0), "user.x", b"x")
    row("getxattr", "EOPNOTSUPP", os.getxattr, fs.seq(0), "user.x")
    row("listxattr", [], os.listxattr, fs.seq(0))
    row("flock", "done", done, fcntl.flock, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with opened(fs.seq(0), O_RDWR) as second:
        row("flock of what is locked", "EAGAIN", fcntl.flock, second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    row("fcntl lock", "done", done, fcntl.lockf, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def swapon(path):
    zctest._checked(libc.swapon(os.fsencode(path), 0))
    libc.swapoff(os.fsencode(path))
    return "swaps"


row("swap space in a sequential file", "EINVAL", swapon, fs.seq(0))
