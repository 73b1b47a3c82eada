#!/usr/bin/env python3
"""Work of every kind, also such that fails, leaves the daemon with as many descriptors and files open as before."""
from zctest import *

image = Image(conventional=2, max_open=4, max_active=8)
fs = image.mount("explicit-open,errors=repair")


def descriptors():
    return len(os.listdir(f"/proc/{fs.pid}/fd"))


def work():
    for number in range(3):
        write_direct(fs.seq(number), pattern(8192))
        copy_paths(fs.seq(number), fs.seq(number), 4096, 0, 8192)
        refused("EINVAL", copy_paths, fs.seq(number), fs.seq(number), 4096, 0, 0)
        refused("EINVAL", os.pwrite, fd := os.open(fs.seq(number), O_WRONLY), b"x", 0)
        os.close(fd)
        content(fs.seq(number))
        os.truncate(fs.seq(number), 0)
    with opened(fs.cnv(0), O_RDWR) as fd, mmap.mmap(fd, 65536) as memory:
        memory[10] = 1
    os.close(os.open(fs.cnv(0), O_WRONLY | O_TRUNC))
    refused("ENOENT", os.stat, fs.seq(4711))
    os.listdir(fs / "seq")
    held = [os.open(fs.seq(number), O_WRONLY) for number in range(4)]
    refused("EBUSY", os.open, fs.seq(5), O_WRONLY)
    for fd in held:
        os.close(fd)
    eventually(lambda: fs.accounting()[0], 0)
    os.getxattr(fs.path, "user.zonecopy.bytes_offloaded")
    report(fs.path)


work()
before = descriptors()
for _ in range(15):
    work()
eventually(descriptors, before, what="descriptors of the daemon")
equal(fs.accounting(), (0, 0))
