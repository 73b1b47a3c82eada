#!/usr/bin/env python3
"""Sizes, owners and contents survive dropped caches while files are open and while they are not."""
from zctest import *

fs = Image(conventional=2).mount()
write_direct(fs.seq(0), pattern(12 * 4096))
os.chmod(fs.seq(1), 0o600)
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    drop_caches()
    equal(os.pwrite(fd, aligned(4096, 2), 12 * 4096), 4096)
    drop_caches()
    equal(os.stat(fs.seq(0)).st_size, 13 * 4096)
drop_caches()
same_bytes(content(fs.seq(0)), pattern(12 * 4096) + pattern(4096, 2), "seq/0")
equal(stat.S_IMODE(os.stat(fs.seq(1)).st_mode), 0o600)
equal(os.stat(fs.seq(1)).st_ino, 3)
