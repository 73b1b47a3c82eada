#!/usr/bin/env python3
"""remount,ro is EBUSY while a file is open for writing; then it holds until remount,rw."""
from zctest import *

image = Image(conventional=2)
fs = image.mount()


def remount(options):
    return run("mount.zonecopyfs", image.path, fs.path, "-o", options)


with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    os.pwrite(fd, aligned(4096), 0)
    ended = remount("remount,ro")
    check(ended.status != 0 and "busy" in ended.err.lower(), f"remount,ro with a writer: {ended}")
    equal(os.pwrite(fd, aligned(4096), 4096), 4096, "and the writer goes on")
    equal(fs.read_only_in_mount_table(), False)
eventually(lambda: remount("remount,ro").status, 0, "remount,ro once the file is closed")
equal(fs.read_only_in_mount_table(), True)
refused("EROFS", os.open, fs.seq(0), O_WRONLY)
refused("EROFS", os.truncate, fs.seq(0), 0)
same_bytes(content(fs.seq(0)), pattern(4096) * 2, "seq/0")
equal(remount("remount,rw").status, 0)
equal(write_direct(fs.seq(0), pattern(4096)), 4096)
fs.unmount()

# What was mounted read-only: remount,rw makes it writable, or says that it cannot.
fs = image.mount("ro")
ended = remount("remount,rw")
if ended.status == 0:
    equal(write_direct(fs.seq(1), pattern(4096)), 4096, "mounted ro, remounted rw")
else:
    one_line(ended, (1, 32))
    equal(fs.read_only_in_mount_table(), True)
    refused("EROFS", os.open, fs.seq(1), O_WRONLY)
