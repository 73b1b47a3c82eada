#!/usr/bin/env python3
"""Every copy is counted by the way it took, and the reason is told where it was not offloaded."""
from zctest import *

for directory in places():
    path = "offloaded" if shares_extents(directory) else "kernel"
    image = Image(directory=directory, conventional=2)
    fs = image.mount()
    equal((fs.copy_counters(), fs.counter("last_fallback")), ({}, ""), "a new mount")
    equal(fs.counter("copy_path"), path, "what to expect")
    write_direct(fs.seq(0), pattern(2 * MIB))
    equal(fs.copy_counters(), {}, "writes do not count")
    copy_paths(fs.seq(0), fs.seq(1), MIB)
    equal(fs.copy_counters(), {path: (MIB, 1)}, "a copy")
    copy_paths(fs.seq(0), fs.seq(1), 4096, 0, MIB)
    copy_paths(fs.seq(0), fs.cnv(0), 8192)
    equal(fs.copy_counters(), {path: (MIB + 12288, 3)}, "three copies")
    copy_paths(fs.seq(0), fs.seq(1), 4096, 2 * MIB, MIB + 4096)
    refused("EINVAL", copy_paths, fs.seq(0), fs.seq(1), 4096, 0, 0)
    equal(fs.copy_counters(), {path: (MIB + 12288, 3)}, "nothing copied, nothing counted")
    equal(fs.counter("last_fallback") == "", path == "offloaded", "a reason exactly where one is needed")
    fs.unmount()

    fs = image.mount("copy=emulate")
    equal(fs.copy_counters(), {}, "counters are the mount's")
    copy_paths(fs.seq(0), fs.seq(2), MIB)
    copy_paths(fs.seq(0), fs.seq(2), 4096, 0, MIB)
    equal(fs.copy_counters(), {"emulated": (MIB + 4096, 2)}, "copy=emulate")
    same_bytes(content(fs.seq(2)), pattern(2 * MIB)[:MIB] + pattern(2 * MIB)[:4096], "emulated")
    fs.unmount()
    os.unlink(image.path)
