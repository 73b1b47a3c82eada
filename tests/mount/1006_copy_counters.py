#!/usr/bin/env python3
"""Every copy is counted by the way it took, and the reason is told where it was not offloaded."""
from zctest import *


def counters(fs):
    return tuple(fs.counter(name) for name in ("bytes_offloaded", "copies_offloaded", "bytes_emulated", "copies_emulated"))


for directory in places():
    image = Image(directory=directory, conventional=2)
    fs = image.mount()
    equal((counters(fs), fs.counter("last_fallback")), ((0, 0, 0, 0), ""), "a new mount")
    write_direct(fs.seq(0), pattern(2 * MIB))
    equal(counters(fs), (0, 0, 0, 0), "writes do not count")
    copy_paths(fs.seq(0), fs.seq(1), MIB)
    equal(counters(fs), (MIB, 1, 0, 0), "a copy")
    copy_paths(fs.seq(0), fs.seq(1), 4096, 0, MIB)
    copy_paths(fs.seq(0), fs.cnv(0), 8192)
    equal(counters(fs), (MIB + 12288, 3, 0, 0), "three copies")
    copy_paths(fs.seq(0), fs.seq(1), 4096, 2 * MIB, MIB + 4096)
    refused("EINVAL", copy_paths, fs.seq(0), fs.seq(1), 4096, 0, 0)
    equal(counters(fs), (MIB + 12288, 3, 0, 0), "nothing copied, nothing counted")
    equal(fs.counter("last_fallback"), "", "no reason was needed")
    fs.unmount()

    fs = image.mount("copy=emulate")
    equal(counters(fs), (0, 0, 0, 0), "counters are the mount's")
    copy_paths(fs.seq(0), fs.seq(2), MIB)
    copy_paths(fs.seq(0), fs.seq(2), 4096, 0, MIB)
    equal(counters(fs), (0, 0, MIB + 4096, 2), "copy=emulate")
    same_bytes(content(fs.seq(2)), pattern(2 * MIB)[:MIB] + pattern(2 * MIB)[:4096], "emulated")
    fs.unmount()

    fs = image.mount("copy=offload")
    equal(copy_paths(fs.seq(0), fs.seq(3), MIB), MIB, "copy=offload where it can")
    equal(counters(fs), (MIB, 1, 0, 0), "copy=offload")
    fs.unmount()
    os.unlink(image.path)
