#!/usr/bin/env python3
"""A device of several that fails turns its own files bad, or is read-only itself; the others go on."""
from zctest import *


def spoil(image):
    """The zones of the image can neither be read nor written any more: the file behind it is cut off."""
    os.truncate(image.path, 4096)


for policy in ("remount-ro", "zone-ro", "zone-offline", "repair"):
    good, bad = Image(), Image()
    fs = Mount([good, bad], f"errors={policy},names=good:bad", foreground=True)
    data = pattern(256 * KIB)
    for name in ("good", "bad"):
        write_direct(fs.device(name).seq(0), data)
    spoil(bad)
    with opened(fs.device("bad").seq(1), O_RDWR | O_DIRECT) as broken, opened(fs.device("good").seq(1), O_RDWR | O_DIRECT) as whole:
        try:
            os.pwrite(broken, aligned(data), 0)
            fail(f"{policy}: a device without its file was written")
        except OSError:
            pass
        equal(os.pwrite(whole, aligned(data), 0), len(data), f"{policy}: the other device")
    # From the bad to the good, and the other way round.
    for source, target in (("bad", "good"), ("good", "bad")):
        try:
            copied = copy_paths(fs.device(source).seq(0), fs.device(target).seq(3), len(data))
            check(source == "good" or copied == 0, f"{policy}: {copied} bytes copied from {source}")
        except OSError as error:
            check(error.errno in (errno.EIO, errno.EROFS, errno.ESTALE, errno.EPERM, errno.EACCES), f"{policy}: {error}")
    check(fs.device("bad").counter("last_error"), f"{policy}: the bad one has an error")
    equal(fs.device("good").counter("last_error"), "", f"{policy}: the good one has none")
    equal(fs.device("good").counter("read_only"), 0)
    check(not fs.read_only_in_mount_table(), f"{policy}: the mount itself became read-only")
    same_bytes(content(fs.device("good").seq(0)), data, policy)
    copy_all_of(fs.device("good").seq(0), fs.device("good").seq(2), len(data))
    if policy == "remount-ro":
        equal(fs.device("bad").counter("read_only"), 1)
        refused("EROFS", os.truncate, fs.device("bad").seq(0), 0)
        refused("EROFS", os.utime, fs.device("bad").seq(0))
        refused("EROFS", os.chmod, fs.device("bad").path, 0o500)
        equal(os.getxattr(fs.path, "user.zonecopy.read_only"), b"0")
    check(str(bad.path) in fs.log(), "the log names the device")
    ended = run("umount", fs.path)
    equal(ended.status, 0, policy)
    fs.wait_for_end()
    fs = good.mount()
    same_bytes(content(fs.seq(1)), data, f"{policy}: mounted alone afterwards")
    fs.unmount()

# Where all devices have failed the mount is read-only as a whole, as a mount of one would be.
first, second = Image(), Image()
fs = Mount([first, second])
for number, image in enumerate((first, second)):
    spoil(image)
    with opened(fs.device(number).seq(0), O_RDWR | O_DIRECT) as broken:
        try:
            os.pwrite(broken, aligned(pattern(4096)), 0)
        except OSError:
            pass
eventually(fs.read_only_in_mount_table, True)
fs.unmount(may_be_busy=True)
