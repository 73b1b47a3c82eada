#!/usr/bin/env python3
"""Copies and zones that are read-only or offline, known to be so or found out by the copy."""
from zctest import *


def mode_and_size(fd):
    """The kernel is told of a change beside the answer to a call, so it may know a moment later."""
    state = os.fstat(fd)
    return stat.S_IMODE(state.st_mode), state.st_size


for mode in ("copy=auto", "copy=emulate"):
    # Known since the mount: the file cannot even be opened for writing; an offline source cannot be read.
    image = Image(conventional=2)
    fs = image.mount()
    data = pattern(64 * KIB)
    for number in range(5):
        write_direct(fs.seq(number), data)
    fs.unmount()
    image.set_seq(1, "offline")
    image.set_seq(2, "read-only")
    fs = image.mount(f"errors=repair,{mode}")
    size = len(data)
    for bad in (1, 2):
        refused("EPERM", copy_paths, fs.seq(0), fs.seq(bad), 4096, 0, 0)
    equal(os.stat(fs.seq(0)).st_size, size)

    # Found out while the files are open.
    with opened(fs.seq(0), O_RDWR) as fd, opened(fs.seq(3), O_RDWR) as target, opened(fs.seq(4), O_RDWR) as source:
        image.set_seq(3, "read-only")
        refused("EIO EROFS", copy_range, fd, target, 4096, 0, size)
        eventually(lambda: mode_and_size(target), (0o440, size), what=f"{mode}: the destination turned read-only")
        refused("EPERM", copy_range, fd, target, 4096, 0, size)
        same_bytes(content(fs.seq(3)), data, "it can be read")
        equal(copy_range(target, fd, 4096, 0, size), 4096, f"{mode}: and copied from")

        image.set_seq(4, "offline")
        refused("EIO", copy_range, source, fd, 4096, 0, size + 4096)
        if mode == "copy=emulate":  # a device that copies by itself does not tell which of the zones failed
            eventually(lambda: mode_and_size(source), (0, 0), what=f"{mode}: the source is offline")
        equal(mode_and_size(fd), (0o640, size + 4096), f"{mode}: the destination is as it was, it is not to blame")
        equal(copy_range(fd, fd, 4096, 0, size + 4096), 4096, f"{mode}: and can be written")
    same_bytes(content(fs.seq(0)), data + data[:4096] + data[:4096], f"{mode}: seq/0")

    with opened(fs.seq(5), O_RDWR) as target:
        image.set_seq(5, "offline")
        refused("EIO", copy_paths, fs.seq(0), fs.seq(5), 4096)
        refused("EPERM", copy_paths, fs.seq(0), fs.seq(5), 4096)
    fs.unmount()

    # A mount that an error has made read-only.
    image = Image()
    fs = image.mount(mode)
    write_direct(fs.seq(0), data)
    with opened(fs.seq(1), O_RDWR) as target, opened(fs.seq(0), O_RDONLY) as source:
        image.set_seq(2, "offline")
        refused("EIO", copy_paths, fs.seq(0), fs.seq(2), 4096)
        refused("EROFS", copy_range, source, target, 4096, 0, 0)
        equal(os.fstat(target).st_size, 0)
    eventually(fs.read_only_in_mount_table, True, what="ro in /proc/mounts once nobody writes")
    fs.unmount()
