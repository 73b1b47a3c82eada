#!/usr/bin/env python3
"""What cannot be copied from one device to another is refused before anything changes, and told in words."""
from zctest import *

elsewhere = small_file_system(256 * MIB)
here, there, sectors = Image(zones=6), Image(zones=6, directory=elsewhere), Image(zones=6, block=512)
fs = Mount([here, there, sectors], "names=here:there:sectors")
old, data = pattern(256 * KIB, seed=1), pattern(512 * KIB, seed=2)
for name in ("here", "there", "sectors"):
    write_direct(fs.device(name).seq(0), data)


def keeps_old_data(source, target, error):
    """A clone that cannot be made has cost nothing, though cp opens its target with O_TRUNC."""
    target = fs.device(target).seq(1)
    os.truncate(target, 0)
    write_direct(target, old)
    ended = run("zonecopy", "run", "cp", "--reflink=always", fs.device(source).seq(0), target)
    check(ended.status != 0 and error in ended.err, f"{source} to {target}: {ended}")
    same_bytes(content(target), old, f"{source} to {target}: the old data")


# Blocks of other sizes.
for source, target in (("here", "sectors"), ("sectors", "here")):
    keeps_old_data(source, target, "Invalid argument")
    target = fs.device(target).seq(2)
    ended = succeeds("zonecopy", "copy", fs.device(source).seq(0), target)
    check("blocks of different sizes" in ended.out, f"why it was read and written: {ended.out}")
    same_bytes(content(target), data, "zonecopy copy between block sizes")

# Images on different file systems: neither shares extents with the other, nor copies the kernel.
for source, target in (("here", "there"), ("there", "here")):
    routes = fs.device(target).counter("copies_from")
    check(f"{source}: emulated: " in routes and "different file systems" in routes, f"{target}: {routes}")
    copy_all_of(fs.device(source).seq(0), fs.device(target).seq(3), len(data))
    equal(list(fs.device(target).copy_counters()), ["emulated"], target)
    check("different file systems" in fs.device(target).counter("last_fallback"), fs.device(target).counter("last_fallback"))
os.setxattr(fs.path, "trusted.zonecopy.remount", b"copy=offload")
for source, target in (("here", "there"), ("there", "here")):
    keeps_old_data(source, target, "Input/output error")
    refused("EIO", copy_paths, fs.device(source).seq(0), fs.device(target).seq(4), 4096)
    equal(os.stat(fs.device(target).seq(4)).st_size, 0)
os.setxattr(fs.path, "trusted.zonecopy.remount", b"copy=auto")

# What has to be offloaded is refused by the pair, and not by what the destination could do with another source.
sharing = shutil.which("mkfs.xfs") and xfs(GIB)
if sharing:
    fast = Image(zones=6, directory=sharing)
    fs.unmount()
    fs = Mount([here, fast])
    for name in (0, 1):
        for number in range(2):
            os.truncate(fs.device(name).seq(number), 0)
        write_direct(fs.device(name).seq(0), data)
    write_direct(fs.device(1).seq(1), old)
    ended = run("zonecopy", "run", "--require-offload", "cp", "--reflink=always", fs.device(0).seq(0), fs.device(1).seq(1))
    check(ended.status != 0 and "Input/output error" in ended.err, f"--require-offload: {ended}")
    same_bytes(content(fs.device(1).seq(1)), old, "--require-offload: the old data")
    succeeds("zonecopy", "run", "--require-offload", "cp", "--reflink=always", fs.device(1).seq(0), fs.device(1).seq(1))
    same_bytes(content(fs.device(1).seq(1)), data, "--require-offload within a device that shares")
