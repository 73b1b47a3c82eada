#!/usr/bin/env python3
"""lseek: within the file, behind its end, to data and holes."""
from zonefs import *

fs = fresh()
write_direct(fs.seq(0), pattern(8192))
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    row("to the end", 8192, os.lseek, fd, 0, os.SEEK_END)
    row("within the file", 4096, os.lseek, fd, -4096, os.SEEK_END)
    row("before the file", "EINVAL", os.lseek, fd, -1, os.SEEK_SET)
    row("behind the end", "EINVAL", os.lseek, fd, 12288, os.SEEK_SET)
    row("behind the end, from the end", "EINVAL", os.lseek, fd, 4096, os.SEEK_END)
    row("to data", 4096, os.lseek, fd, 4096, os.SEEK_DATA)
    row("to a hole", 8192, os.lseek, fd, 0, os.SEEK_HOLE)
    row("to data, at the end", "ENXIO", os.lseek, fd, 8192, os.SEEK_DATA)
    row("to a hole, behind the end", "ENXIO", os.lseek, fd, 12288, os.SEEK_HOLE)
