#!/usr/bin/env python3
"""sendfile and splice, out of sequential files and into them."""
from zonefs import *

need(seq=2)
fs = fresh()
data = pattern(16384)
write_direct(fs.seq(0), data)
target = os.open(file_with("target", b""), O_RDWR)
with opened(fs.seq(0), O_RDONLY) as fd:
    row("sendfile to another file system", 16384, os.sendfile, target, fd, 0, 65536)
    row("what has been sent", True, lambda: os.pread(target, 65536, 0) == data)
    row("sendfile from the end", 0, os.sendfile, target, fd, 16384, 4096)
source = os.open(file_with("source", data), O_RDONLY)
with opened(fs.seq(1), O_WRONLY) as fd:
    row("sendfile to a sequential file", "EIO", os.sendfile, fd, source, 0, 4096)
row("size after that", 0, size, fs.seq(1))
with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
    row("sendfile to one that is open for direct writes", 8192, os.sendfile, fd, source, 0, 8192)
row("size of that", 8192, size, fs.seq(1))
row("what is in it", True, lambda: content(fs.seq(1)) == data[:8192])
