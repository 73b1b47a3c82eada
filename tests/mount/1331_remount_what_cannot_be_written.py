#!/usr/bin/env python3
"""remount,rw of an image that could be opened for reading only is refused at once, and not at the first write."""
from zctest import *

folder = os.path.join(TMP, "folder")
os.mkdir(folder)
must("mount", "-t", "tmpfs", "none", folder)
image = Image(directory=folder, zones=4)
must("mount", "-o", "remount,ro", folder)
fs = image.mount("ro")
one_line(run("mount.zonecopyfs", image.path, fs.path, "-o", "remount,rw"), 32, "cannot be written")
equal(fs.read_only_in_mount_table(), True)
equal(fs.counter("read_only"), 1)
refused("EROFS", write_direct, fs.seq(0), pattern(4096))
fs.unmount()
# Where it can be written nothing is in the way.
must("mount", "-o", "remount,rw", folder)
fs = image.mount("ro")
equal(run("mount.zonecopyfs", image.path, fs.path, "-o", "remount,rw").status, 0)
equal(write_direct(fs.seq(0), pattern(4096)), 4096)
