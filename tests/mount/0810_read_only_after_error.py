#!/usr/bin/env python3
"""After an error under errors=remount-ro the mount table says ro once the last writer is gone, whatever is tried then."""
from zctest import *

for round_number in range(8):
    image = Image(zones=4)
    fs = image.mount()
    image.set_seq(0, "offline")
    refused("EIO", write_direct, fs.seq(0), pattern(4096))
    # Each of these is a writer for the kernel, for a moment.
    refused("EROFS", os.open, fs.seq(1), O_WRONLY)
    refused("EROFS", os.truncate, fs.seq(1), 0)
    refused("EROFS", os.chmod, fs.seq(1), 0o600)
    if not eventually(fs.read_only_in_mount_table, True, what=f"round {round_number}: ro in /proc/mounts"):
        break
    fs.unmount()
    os.unlink(image.path)
