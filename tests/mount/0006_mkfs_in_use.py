#!/usr/bin/env python3
"""mkfs.zonecopyfs leaves a mounted device alone, with -f too."""
from zctest import *

image = Image(zones=4)
fs = image.mount()
write_direct(fs.seq(0), pattern(4096))
for options in ((), ("-f",)):
    with unchanged(image.path):
        one_line(run("mkfs.zonecopyfs", *options, image.path), 1, f"is mounted at {fs.path}", "unmount it first")
link = os.path.join(TMP, "link")
os.symlink(image.path, link)
with unchanged(image.path):
    one_line(run("mkfs.zonecopyfs", "-f", link), 1, "is mounted")
same_bytes(content(fs.seq(0)), pattern(4096), "seq/0")
fs.unmount()
succeeds("mkfs.zonecopyfs", "-f", image.path)
