#!/usr/bin/env python3
"""An image that is renamed while it is mounted is still that image; another one under its old name is another one."""
from zctest import *

image, other = Image(), Image()
fs = image.mount()
write_direct(fs.seq(0), pattern(4096))
moved = f"{image.path}.moved"
os.rename(image.path, moved)
shutil.copy(other.path, image.path)
equal(report(fs.path)[1].written, 4096, "a report of the mount")
equal(fs.counter("device"), moved)
one_line(run("mkfs.zonecopyfs", "-f", moved), 1, fs.path)
succeeds("mkfs.zonecopyfs", "-f", image.path)
same_bytes(content(fs.seq(0)), pattern(4096), "seq/0")

# Through a link and a bind mount it is the same, too.
link = os.path.join(TMP, "link")
os.symlink(moved, link)
one_line(run("zonecopy", "format", "-f", link), 1, fs.path)
folder = os.path.join(TMP, "folder")
os.mkdir(folder)
must("mount", "--bind", TMP, folder)
one_line(run("mkfs.zonecopyfs", "-f", os.path.join(folder, os.path.basename(moved))), 1, fs.path)
must("umount", folder)

os.unlink(moved)
one_line(run("zonecopy", "report", fs.path), 1, "deleted")
write_direct(fs.seq(0), pattern(4096, 2))
same_bytes(content(fs.seq(0)), pattern(4096) + pattern(4096, 2), "seq/0 of an image without a name")
