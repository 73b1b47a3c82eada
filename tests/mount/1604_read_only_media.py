#!/usr/bin/env python3
"""What cannot be written is mounted with -o ro, partly written zones or not; it is not written, and says so to remount,rw."""
from zctest import *

need_program("chattr")
image = Image(max_open=3)
fs = image.mount()
write_direct(fs.seq(0), pattern(5 * 4096))
fs.kill()
must("umount", fs.path)  # a zone is left open in the image
if run("chattr", "+i", image.path).status != 0:
    skip("no file can be made immutable here")
try:
    one_line(run("zonecopyfs", image.path, fs.path), 1, "add -o ro")
    with unchanged(image.path):
        fs = image.mount("ro", point=fs.path)
        same_bytes(content(fs.seq(0)), pattern(5 * 4096), "seq/0")
        # Another one beside it.
        second = image.mount("ro")
        same_bytes(content(second.seq(0)), pattern(5 * 4096), "seq/0 of the second")
        ended = run("mount.zonecopyfs", image.path, fs.path, "-o", "remount,rw")
        one_line(ended, 32)
        equal(fs.read_only_in_mount_table(), True)
        refused("EROFS", os.open, fs.seq(0), O_WRONLY)
        second.unmount()
        fs.unmount()
finally:
    must("chattr", "-i", image.path)

# Of two that read neither can begin to write; the last one can, and then nobody else gets in.
with unchanged(image.path):
    fs = image.mount("ro", point=fs.path)
    second = image.mount("ro", point=second.path)
    one_line(run("zonecopyfs", image.path, os.path.join(TMP)), 1, "in use")
    one_line(run("mount.zonecopyfs", image.path, fs.path, "-o", "remount,rw"), 32)
    second.unmount()
must("mount.zonecopyfs", image.path, fs.path, "-o", "remount,rw")
write_direct(fs.seq(0), pattern(4096, 7))
same_bytes(content(fs.seq(0)), pattern(5 * 4096) + pattern(4096, 7), "seq/0")
one_line(run("zonecopyfs", image.path, second.path, "-o", "ro"), 1, "in use")
