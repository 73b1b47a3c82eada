#!/usr/bin/env python3
"""A mounted device belongs to its file system."""
from zonefs import *

fs = fresh()
row("opened exclusively", "EBUSY", opens, device.path, O_RDWR | O_EXCL)
row("formatted", True, lambda: run("mkfs.zonecopyfs", "-f", device.path).status != 0)
with opened(fs.seq(0), O_RDONLY):
    row("unmounted while a file is open", True, lambda: run("umount", fs.path).status != 0)
fs.unmount()
row("opened exclusively, unmounted", "opened", opens, device.path, O_RDWR | O_EXCL)
