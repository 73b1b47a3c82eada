#!/usr/bin/env python3
"""A device can be mounted once; other images are free to use."""
from zctest import *

image, other = Image(), Image()
fs = image.mount()
write_direct(fs.seq(0), pattern(4096))
second = os.path.join(TMP, "second")
os.mkdir(second)
link = os.path.join(TMP, "link")
os.symlink(image.path, link)
for path, options in ((image.path, ()), (link, ("-o", "ro"))):
    with unchanged(image.path):
        one_line(run("zonecopyfs", path, second, *options), 1, "in use")
    check(not os.path.ismount(second), "mounted twice")
fs2 = other.mount()
write_direct(fs2.seq(0), pattern(4096, 2))
same_bytes(content(fs.seq(0)), pattern(4096), "the first mount goes on")
same_bytes(content(fs2.seq(0)), pattern(4096, 2), "the other one too")
fs.unmount()
fs = image.mount(point=second)
same_bytes(content(fs.seq(0)), pattern(4096), "free after unmount")
