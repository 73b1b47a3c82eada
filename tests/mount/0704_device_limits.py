#!/usr/bin/env python3
"""The device's own limits: more active zones than it has are refused, by open with explicit-open and by the write without."""
from zctest import *

# No limit of open zones: zonefs refuses nothing itself, the device does.
image = Image(max_active=2)
fs = image.mount("explicit-open")
equal((fs.counter("max_wro_seq_files"), fs.counter("max_active_seq_files")), (0, 2))
descriptors = [os.open(fs.seq(number), O_WRONLY) for number in (0, 1)]
refused("EOVERFLOW", os.open, fs.seq(2), O_WRONLY)
equal(fs.accounting(), (2, 2), "the refused one does not count")
os.close(os.open(fs.seq(2), O_RDONLY))
os.close(descriptors.pop())
eventually(fs.accounting, (1, 1))
os.close(os.open(fs.seq(2), O_WRONLY))
os.close(descriptors.pop())
eventually(fs.accounting, (0, 0))
fs.unmount()

# Without limits explicit-open is dropped by a mount, and put in force by a remount.
free = Image()
fs = free.mount("explicit-open", foreground=True)
fs.wait_for_log("Ignoring explicit_open mount option")
with opened(fs.seq(0), O_WRONLY):
    equal(free.seq_zone(0).condition, "empty", "no zone is opened")
equal(run("mount.zonecopyfs", free.path, fs.path, "-o", "remount,rw,explicit-open").status, 0)
with opened(fs.seq(0), O_WRONLY):
    equal(free.seq_zone(0).condition, "explicit-open")
eventually(lambda: free.seq_zone(0).condition, "empty")
fs.unmount()

# Without explicit-open the device opens zones by itself, and closes others for it.
image = Image(max_open=2, max_active=3)
fs = image.mount("errors=repair")
for step in range(3):
    for number in range(3):
        equal(write_direct(fs.seq(number), pattern(4096, step)), 4096)
equal(fs.accounting()[1], 3)
refused("EOVERFLOW EIO", write_direct, fs.seq(3), pattern(4096))
equal(os.stat(fs.seq(3)).st_size, 0)
os.truncate(fs.seq(0), image.capacity)
equal(write_direct(fs.seq(3), pattern(4096)), 4096, "a finished zone makes room")
refused("EOVERFLOW EIO", copy_paths, fs.seq(1), fs.seq(4), 4096)
equal(os.stat(fs.seq(4)).st_size, 0, "nor may a copy")
os.truncate(fs.seq(1), 0)
equal(copy_paths(fs.seq(2), fs.seq(4), 4096), 4096, "a reset zone makes room")
