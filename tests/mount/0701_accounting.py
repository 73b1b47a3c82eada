#!/usr/bin/env python3
"""Files open for writing and active zones are counted; without explicit-open nothing is refused."""
from zctest import *

image = Image(conventional=2, max_open=2, max_active=4, capacity=MIB)
fs = image.mount()
equal((fs.counter("max_wro_seq_files"), fs.counter("max_active_seq_files")), (2, 4))
equal(fs.accounting(), (0, 0))
descriptors = [os.open(fs.seq(0), O_RDONLY), os.open(fs.cnv(0), O_RDWR)]
equal(fs.accounting(), (0, 0), "readers and conventional files do not count")
descriptors += [os.open(fs.seq(0), O_WRONLY | O_DIRECT), os.open(fs.seq(0), O_RDWR)]
equal(fs.accounting(), (1, 0), "one file, opened twice; unwritten, so not active")
descriptors += [os.open(fs.seq(number), O_RDWR) for number in (1, 2, 3)]
equal(fs.accounting(), (4, 0), "more than the device can open")
os.pwrite(descriptors[2], aligned(4096), 0)
equal(fs.accounting(), (4, 1), "written")
os.pwrite(descriptors[2], aligned(MIB - 4096), 4096)
equal(fs.accounting(), (4, 0), "full")
os.ftruncate(descriptors[3], 0)
equal(fs.accounting(), (4, 0), "empty again")
os.pwrite(descriptors[3], pattern(4096), 0)
os.ftruncate(descriptors[3], MIB)
equal(fs.accounting(), (4, 0), "finished")
copy_paths(fs.seq(0), fs.seq(1), 4096)
equal(fs.accounting()[1], 1, "a copy makes active")
copy_all_of(fs.seq(0), fs.seq(1), MIB - 4096, 0, 4096)
equal(fs.accounting()[1], 0, "and full")
for fd in descriptors[:3]:
    os.close(fd)
# The daemon is told of closes in their order: when it has counted this one, it has seen those before it.
os.close(os.open(fs.seq(4), O_WRONLY))
eventually(lambda: fs.accounting()[0], 4, "one of two descriptors closed")
for fd in descriptors[3:]:
    os.close(fd)
eventually(fs.accounting, (0, 0), what="all closed")
write_direct(fs.seq(4), pattern(4096))
write_direct(fs.seq(5), pattern(4096))
fs = fs.again()
equal(fs.accounting(), (0, 2), "after a new mount")
