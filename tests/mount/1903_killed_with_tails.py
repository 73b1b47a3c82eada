#!/usr/bin/env python3
"""kill -9 of the daemon while files have ends that fill no block: sizes are write pointers, what was fsynced is there."""
from zctest import *

image = Image()
fs = image.mount()
data = pattern(MIB + 3)
open_files = [os.open(fs.seq(number), O_RDWR) for number in range(3)]
os.write(open_files[0], data)
refused("EIO", os.fsync, open_files[0])  # all but three bytes are durable
os.write(open_files[1], b"only an end")
os.write(open_files[2], data[:8192])
os.fsync(open_files[2])
os.ftruncate(open_files[2], 2 * MIB)  # zeros that are not written yet
equal([os.stat(fs.seq(number)).st_size for number in range(3)], [MIB + 3, 11, 2 * MIB])
fs.kill()
for fd in open_files:
    try:
        os.close(fd)
    except OSError:
        pass
equal([image.seq_zone(number).written for number in range(3)], [MIB, 0, 8192], "write pointers")
fs = fs.again()
equal([os.stat(fs.seq(number)).st_size for number in range(3)], [MIB, 0, 8192], "sizes")
same_bytes(content(fs.seq(0)), data[:MIB], "what fsync had made durable")
same_bytes(content(fs.seq(2)), data[:8192], "seq/2")
with opened(fs.seq(0), O_WRONLY | O_APPEND) as fd:
    os.write(fd, data[MIB:] + bytes(4093))
same_bytes(content(fs.seq(0)), data + bytes(4093), "and on")
