#!/usr/bin/env python3
"""Conventional files have one size for ever: each truncate is EPERM, O_TRUNC too."""
from zctest import *

fs = Image(conventional=2).mount()
size = 4 * MIB
with opened(fs.cnv(0), O_RDWR) as fd:
    os.pwrite(fd, b"kept", 0)
    for length in (0, 1, 4096, size - 1, size):
        refused("EPERM", os.ftruncate, fd, length)
        refused("EPERM", os.truncate, fs.cnv(0), length)
    refused("EPERM EFBIG", os.ftruncate, fd, size + 4096)
for flags in (O_TRUNC | O_RDWR, O_TRUNC | O_WRONLY | O_DIRECT, O_TRUNC | O_CREAT | O_WRONLY):
    refused("EPERM", os.open, fs.cnv(0), flags)
equal(os.stat(fs.cnv(0)).st_size, size)
with opened(fs.cnv(0), O_RDONLY) as fd:
    equal(os.pread(fd, 4, 0), b"kept")
