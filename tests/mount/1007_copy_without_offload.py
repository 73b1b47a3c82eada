#!/usr/bin/env python3
"""A device that cannot copy: copy=auto emulates and says why, copy=offload fails with EIO and says why."""
from zctest import *

image = Image(conventional=2)
data = pattern(2 * MIB + 4096)
fs = image.mount("copy=auto", wrapper=WITHOUT_COPY)
write_direct(fs.seq(0), data)
equal(copy_all_of(fs.seq(0), fs.seq(1), len(data)), len(data))
same_bytes(content(fs.seq(1)), data, "emulated")
copies = fs.counter("copies_emulated")
check(copies >= 1, "copies_emulated")
equal(fs.copy_counters(), {"emulated": (len(data), copies)})
reason = fs.counter("last_fallback")
check(reason, "last_fallback is empty")
check(reason in run("zonecopy", "status", fs.path).out, f"status does not tell {reason!r}")
fs.unmount()

fs = image.mount("copy=offload", wrapper=WITHOUT_COPY, foreground=True)
for source, target in ((fs.seq(0), fs.seq(2)), (fs.seq(0), fs.cnv(0)), (fs.cnv(0), fs.seq(2))):
    refused("EIO", copy_paths, source, target, 4096)
check(fs.counter("last_fallback"), "last_fallback is empty")
fs.wait_for_log(fs.counter("last_fallback"), "the log tells why")
equal(fs.copy_counters(), {}, "nothing copied, nothing counted")
equal(os.stat(fs.seq(2)).st_size, 0, "nothing was copied behind our back")
# It was no error of the zone or the media: nothing has changed.
equal(stat.S_IMODE(os.stat(fs.seq(2)).st_mode), 0o640)
equal(write_direct(fs.seq(2), pattern(4096)), 4096, "and the mount can be written")
fs.unmount()

fs = image.mount("copy=emulate", wrapper=WITHOUT_COPY)
equal(copy_all_of(fs.seq(0), fs.seq(3), len(data)), len(data))
same_bytes(content(fs.seq(3)), data, "copy=emulate")
