#!/usr/bin/env python3
"""-o strict: buffered writes to sequential files fail with EIO, as with the kernel's zonefs; the rest works."""
from zctest import *

fs = Image(conventional=2).mount("strict")
with opened(fs.seq(0), O_RDWR) as fd:
    for length, offset in ((4096, 0), (1, 0), (4096, 4096), (3 * MIB, 0), (100, 7)):
        refused("EIO", os.pwrite, fd, pattern(length), offset)
    refused("EFBIG", os.pwrite, fd, pattern(4096), fs.image.capacity)
    equal(os.fstat(fd).st_size, 0)
with opened(fs.seq(0), O_WRONLY | O_APPEND) as fd:
    refused("EIO", os.write, fd, pattern(4096))
equal(write_direct(fs.seq(0), pattern(8192)), 8192, "direct writes are welcome, nothing went read-only")
same_bytes(content(fs.seq(0)), pattern(8192), "buffered reads")
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    fcntl.fcntl(fd, fcntl.F_SETFL, 0)
    refused("EIO", os.pwrite, fd, pattern(4096), 8192)
    fcntl.fcntl(fd, fcntl.F_SETFL, O_DIRECT)
    equal(os.pwrite(fd, aligned(4096), 8192), 4096, "O_DIRECT switched off and on")
with opened(fs.cnv(0), O_RDWR) as fd:
    equal(os.pwrite(fd, b"buffered", 1234), 8)
    os.fsync(fd)
    equal(os.pread(fd, 8, 1234), b"buffered")
ended = run("cp", file_with("data", pattern(8192)), fs.seq(1))
check(ended.status != 0 and "Input/output error" in ended.err, f"cp: {ended}")
# Copies within the mount need no O_DIRECT.
equal(copy_paths(fs.seq(0), fs.seq(2), 8192), 8192)
