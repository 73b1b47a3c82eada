#!/usr/bin/env python3
"""mmap: readers may map any file; writing through a mapping is for conventional files only."""
from zctest import *

fs = Image(conventional=2).mount()
data = pattern(3 * 4096 + MIB)
write_direct(fs.seq(0), data)


def mapped(path, open_flags, kind, protection):
    with opened(path, open_flags) as fd:
        return mmap.mmap(fd, 3 * 4096, flags=kind, prot=protection)


with mapped(fs.seq(0), O_RDONLY, mmap.MAP_SHARED, mmap.PROT_READ) as memory:
    same_bytes(memory[:], data[:3 * 4096], "shared, for reading")
for flags in (O_RDONLY, O_RDWR):
    with mapped(fs.seq(0), flags, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
        same_bytes(memory[:], data[:3 * 4096], "private")
        memory[0:4] = b"mine"
same_bytes(content(fs.seq(0)), data, "a private mapping changes nothing")
refused("EACCES", mapped, fs.seq(0), O_RDONLY, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
# FUSE has ENODEV where the kernel's zonefs has EINVAL.
refused("EINVAL ENODEV", mapped, fs.seq(0), O_RDWR, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
refused("EINVAL ENODEV", mapped, fs.seq(0), O_RDWR, mmap.MAP_SHARED, mmap.PROT_READ)

for flags, protection in ((O_RDONLY, mmap.PROT_READ), (O_RDWR, mmap.PROT_READ), (O_RDWR, mmap.PROT_READ | mmap.PROT_WRITE)):
    mapped(fs.cnv(0), flags, mmap.MAP_SHARED, protection).close()
refused("EACCES", mapped, fs.cnv(0), O_RDONLY, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)

with mapped(fs.cnv(0), O_RDWR, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
    memory[4090:4100] = b"0123456789"
    memory.flush()
    memory[0:5] = b"later"
with opened(fs.cnv(0), O_RDWR) as fd:
    equal(os.pread(fd, 10, 4090), b"0123456789")
    os.fsync(fd)
fs = fs.again()
with opened(fs.cnv(0), O_RDONLY) as fd:
    equal((os.pread(fd, 5, 0), os.pread(fd, 12, 4089)), (b"later", b"\x000123456789\0"), "after a new mount")
