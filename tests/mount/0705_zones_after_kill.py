#!/usr/bin/env python3
"""Zones that were open when the daemon was killed are closed, or empty if nothing was written, for the next mount."""
from zctest import *

image = Image(max_open=3, max_active=4)
fs = image.mount("explicit-open")
descriptors = [os.open(fs.seq(number), O_WRONLY | O_DIRECT) for number in range(3)]
os.pwrite(descriptors[0], aligned(4096), 0)
equal([image.seq_zone(number).condition for number in range(3)], ["explicit-open"] * 3)
fs.kill()
for fd in descriptors:
    with contextlib.suppress(OSError):
        os.close(fd)
fs = image.mount("explicit-open", point=fs.path)
equal([image.seq_zone(number).condition for number in range(3)], ["closed", "empty", "empty"])
equal(fs.accounting(), (0, 1))
descriptors = [os.open(fs.seq(number), O_WRONLY | O_DIRECT) for number in range(3)]
equal(os.pwrite(descriptors[0], aligned(4096), 4096), 4096)
for fd in descriptors:
    os.close(fd)
