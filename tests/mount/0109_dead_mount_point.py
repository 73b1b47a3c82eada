#!/usr/bin/env python3
"""A mount point whose daemon was killed can be mounted over at once, by zonecopyfs and by mount.zonecopyfs."""
from zctest import *

image = Image()
fs = image.mount()
write_direct(fs.seq(0), pattern(4096))
for command in ("zonecopyfs", "mount.zonecopyfs", "zonecopyfs"):
    fs.kill()
    refused("ENOTCONN ECONNABORTED", os.listdir, fs.path)
    must(command, image.path, fs.path)
    fs.found_again()
    same_bytes(content(fs.seq(0)), pattern(4096), f"after {command}")
# The dead mounts do not pile up beneath.
must("umount", fs.path)
fs.wait_for_end()
check(not os.path.ismount(fs.path), "a dead mount is left beneath")
