#!/usr/bin/env python3
"""copy_file_range from and to conventional files."""
from zonefs import *

need(conventional=2, seq=2)
fs = fresh()
data = pattern(65536)
with opened(fs.cnv(0), O_RDWR) as fd_in, opened(fs.cnv(1), O_RDWR) as fd_out, opened(fs.seq(0), O_RDWR) as fd_seq:
    os.pwrite(fd_in, data, 0)
    row("to a conventional file", 16384, copy_range, fd_in, fd_out, 16384, 0, 8192)
    row("what is in it", True, lambda: os.pread(fd_out, 16384, 8192) == data[:16384])
    row("of an odd length", 256, copy_range, fd_in, fd_out, 256, 0, 0)
    row("to an odd offset", 4096, copy_range, fd_in, fd_out, 4096, 0, 256)
    row("to a sequential file", "EIO", copy_range, fd_in, fd_seq, 8192, 0, 0)
    row("across the end of the destination", 4096, copy_range, fd_in, fd_out, 8192, 0, device.zone_size - 4096)
    row("to the end of the destination", "EFBIG", copy_range, fd_in, fd_out, 4096, 0, device.zone_size)
    row("from the end of the source", 0, copy_range, fd_in, fd_out, 4096, device.zone_size, 0)
    row("size", device.zone_size, lambda: os.fstat(fd_out).st_size)
with opened(fs.seq(1), O_RDWR | O_DIRECT) as fd, opened(fs.cnv(1), O_RDWR) as fd_out:
    os.pwrite(fd, aligned(8192, 2), 0)
    row("from a sequential file", 8192, copy_range, fd, fd_out, 8192, 0, 65536)
    row("what has come", True, lambda: os.pread(fd_out, 8192, 65536) == pattern(8192, 2))
