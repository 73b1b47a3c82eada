#!/usr/bin/env python3
"""Copies that make no sense: EINVAL for a destination below the end, overlap, under strict also alignment; nothing changes."""
from zctest import *

for block, options in ((4096, ""), (512, ""), (4096, "strict"), (512, "strict")):
    fs = Image(block=block, conventional=3).mount(options)
    source = pattern(64 * block)
    write_direct(fs.seq(0), source)
    write_direct(fs.seq(1), pattern(4 * block, 2))
    # length, source offset, destination offset
    BELOW = [(block, 0, 4 * block - 1), (block, 0, 0), (block, 0, 3 * block), (8 * block, 0, 0), (1, 7, 0)]
    AS_ZONEFS = [
        (block, 1, 4 * block), (block, block // 2, 4 * block), (block - 1, 0, 4 * block), (block + 1, 0, 4 * block),
        (1, 0, 4 * block), (block, 0, 4 * block + 1), (block, 0, 5 * block), (block, 0, 100 * block),
    ]
    for length, source_offset, destination_offset in BELOW + (AS_ZONEFS if options else []):
        refused("EINVAL", copy_paths, fs.seq(0), fs.seq(1), length, source_offset, destination_offset)
    same_bytes(content(fs.seq(1)), pattern(4 * block, 2), "seq/1")

    # Onto itself: its start to its end, yes; what would read what it writes, no.
    size = len(source)
    refused("EINVAL", copy_paths, fs.seq(0), fs.seq(0), 2 * block, size - block, size - 2 * block)
    refused("EINVAL", copy_paths, fs.seq(0), fs.seq(0), block, 0, 0)
    refused("EINVAL", copy_paths, fs.seq(0), fs.seq(0), block, block, block)
    equal(copy_paths(fs.seq(0), fs.seq(0), size, 0, size), size, "onto its own end")
    same_bytes(content(fs.seq(0)), source + source, "seq/0")
    equal(copy_paths(fs.seq(0), fs.seq(0), 3 * block, 2 * block, 2 * size), 3 * block, "a part of it")
    same_bytes(content(fs.seq(0)), source + source + source[2 * block:5 * block], "seq/0")

    # What the kernel itself refuses.
    with opened(fs.seq(0), O_RDONLY) as readable, opened(fs.seq(1), O_WRONLY) as writable, \
            opened(fs.seq(1), O_RDWR | O_APPEND) as appending:
        refused("EBADF", copy_range, readable, readable, block, 0, 4 * block)
        refused("EBADF", copy_range, writable, writable, block, 0, 4 * block)
        refused("EBADF", copy_range, readable, appending, block, 0, 4 * block)
        with opened(fs / "seq", O_RDONLY | O_DIRECTORY) as folder:
            refused("EISDIR", copy_range, folder, writable, block, 0, 4 * block)
        equal(libc.syscall(326, readable, None, writable, None, ctypes.c_size_t(block), 1), -1, "flags")
        equal(errno_name(ctypes.get_errno()), "EINVAL", "flags")
    same_bytes(content(fs.seq(1)), pattern(4 * block, 2), "seq/1 is as it was")
    # None of this has made the mount read-only or switched copies off.
    equal(copy_paths(fs.seq(0), fs.seq(1), block, 0, 4 * block), block)
    fs.unmount()
