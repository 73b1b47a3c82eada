#!/usr/bin/env python3
"""A full disk beneath an image whose table is shared with a snapshot: errors for who writes, space from who resets.

The table, too, has to be written anew then, and there is no room for that.
"""
from zctest import *

place = xfs(400 * MIB)
image = Image(zones=16, zone_size=4 * MIB, conventional=2, directory=place)


def fill():
    with open(os.path.join(place, "ballast"), "ab", buffering=0) as ballast:
        for size in (MIB, 4096):
            with contextlib.suppress(OSError):
                while True:
                    ballast.write(bytes(size))
        with contextlib.suppress(OSError):
            os.fsync(ballast.fileno())


def shared(again):
    """The image, mounted, all of it shared with a snapshot that is taken before or after it is mounted; then no room."""
    fs = image.mount() if again is None else again
    snapshot = os.path.join(place, f"snapshot{os.urandom(4).hex()}")
    must("cp", "--reflink=always", image.path, snapshot)
    fill()
    return fs


fs = image.mount()
data = pattern(MIB)
for number in range(3):
    write_direct(fs.seq(number), data)
shared(fs)

# Writing is refused, with the reason, and the mount goes on.
refused("ENOSPC", write_direct, fs.seq(3), data)
refused("ENOSPC", write_direct, fs.seq(0), data)
equal(os.stat(fs.seq(0)).st_size, MIB)
equal(os.stat(fs.seq(3)).st_size, 0)
same_bytes(content(fs.seq(0)), data, "seq/0")
equal(fs.read_only_in_mount_table(), False, "for want of space")
check(fs.alive(), "the daemon is gone")

# A reset needs no room that there is not.
os.truncate(fs.seq(0), 0)
equal(os.stat(fs.seq(0)).st_size, 0)
equal(image.seq_zone(0).condition, "empty")
os.unlink(os.path.join(place, "ballast"))
equal(write_direct(fs.seq(3), data), len(data), "with room again")
same_bytes(content(fs.seq(3)), data, "seq/3")

# The same for whoever opens the image next: reports, a mount and its end, mkfs, and `image set`.
shared(fs)
fs.kill()
must("umount", fs.path)
must("zonecopy", "report", image.path)
fs = image.mount(point=fs.path)
same_bytes(content(fs.seq(1)), data, "seq/1")
refused("ENOSPC", write_direct, fs.seq(4), data)
# On a disk that was full before it was mounted there is nothing held back, and what is shared frees nothing.
refused("ENOSPC", os.truncate, fs.seq(1), 0)
same_bytes(content(fs.seq(1)), data, "seq/1 after a reset that was refused")
fs.unmount()
fill()
for command in (("mkfs.zonecopyfs", "-f", image.path), ("zonecopy", "image", "set", image.path, "--zone", "9", "--condition", "offline")):
    ended = run(*command)
    check(ended.status in (0, 1), f"{command}: {ended}")
    if ended.status == 1:
        one_line(ended, 1, "No space left")
