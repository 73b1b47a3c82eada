#!/usr/bin/env python3
"""-o ro: everything can be read, nothing be changed, and the image is not touched."""
from zctest import *

image = Image(conventional=2, max_open=2)
fs = image.mount()
write_direct(fs.seq(0), pattern(5 * 4096))
# A zone left open is closed by whoever opens the image next: let that have happened.
fs = fs.again()
fs.unmount()
with unchanged(image.path):
    for options in ("ro", "ro,errors=repair,explicit-open"):
        fs = image.mount(options)
        equal(fs.read_only_in_mount_table(), True)
        same_bytes(content(fs.seq(0)), pattern(5 * 4096), "seq/0")
        equal(len(content(fs.cnv(0))), 4 * MIB)
        for path in (fs.seq(0), fs.seq(1), fs.cnv(0)):
            for flags in (O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_WRONLY | O_APPEND | O_DIRECT):
                refused("EROFS", os.open, path, flags)
            for call, arguments in ((os.truncate, (0,)), (os.truncate, (4 * MIB,)), (os.chmod, (0o600,)), (os.chown, (1, 1)),
                                    (os.utime, ((1, 1),)), (os.unlink, ())):
                refused("EROFS", call, path, *arguments)
        refused("EROFS", os.mkdir, fs / "seq/new")
        refused("EROFS", os.open, fs / "seq/new", O_CREAT | O_WRONLY)
        refused("EROFS", os.rmdir, fs / "seq")
        refused("EROFS", os.rename, fs.seq(0), fs.seq(1))
        equal(fs.accounting(), (0, 1))
        fs.unmount()

# An image that cannot be written at all can be mounted so.
os.chmod(image.path, 0o444)
fs = image.mount("ro")
same_bytes(content(fs.seq(0)), pattern(5 * 4096), "seq/0")
