#!/usr/bin/env python3
"""mkfs.zonecopyfs overwrites a file system only with -f; then all zones are empty again."""
from zctest import *

image = Image(zones=6, conventional=2)
fs = image.mount()
write_direct(fs.seq(0), pattern(3 * 4096))
os.truncate(fs.seq(1), image.capacity)
with opened(fs.cnv(0), O_RDWR) as fd:
    os.pwrite(fd, b"kept", 0)
# A zone left open is closed by whoever opens the image next: let that have happened.
fs = fs.again()
fs.unmount()

with unchanged(image.path):
    refused_run = run("mkfs.zonecopyfs", image.path)
    equal(refused_run.status, 1)
    for words in ("appears to contain an existing filesystem", "zonefs", "-f"):
        check(words in refused_run.err, f"expected {words!r}: {refused_run}")

succeeds("mkfs.zonecopyfs", "-f", image.path)
for zone in image.report():
    equal(zone.condition, "not-write-pointer" if zone.type == "conventional" else "empty", f"zone {zone.index}")
fs = image.mount()
equal([os.stat(fs.seq(i)).st_size for i in range(4)], [0, 0, 0, 0])
with opened(fs.cnv(0), O_RDONLY) as fd:
    equal(os.pread(fd, 4, 0), b"kept", "conventional zones are never erased")
