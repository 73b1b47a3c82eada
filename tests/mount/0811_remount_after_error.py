#!/usr/bin/env python3
"""After an error has made the mount read-only while a file is open for writing: remount,ro and remount,rw mean what they say."""
from zctest import *

image = Image(zones=6, conventional=2)


def remount(options):
    return run("mount.zonecopyfs", image.path, fs.path, "-o", options)


def read_only_by_error():
    """A mount that an error made read-only, and a writer of another file that keeps the mount table from saying so."""
    mounted = image.mount()
    writer = os.open(mounted.seq(1), O_WRONLY | O_DIRECT)
    image.set_seq(0, "offline")
    refused("EIO", write_direct, mounted.seq(0), pattern(4096))
    refused("EROFS", os.pwrite, writer, aligned(4096), 0)
    return mounted, writer


# What is written to a mapping that was there before is not lost.
fs = image.mount()
with opened(fs.cnv(0), O_RDWR) as fd, mmap.mmap(fd, 8192) as memory:
    image.set_seq(0, "offline")
    refused("EIO", write_direct, fs.seq(0), pattern(4096))
    refused("EROFS", os.pwrite, fd, b"1", 0)
    memory[:8192] = pattern(8192)
    memory.flush()
fs.unmount()
fs = image.mount()
same_bytes(content(fs.cnv(0))[:8192], pattern(8192), "cnv/0")
fs.unmount()
image = Image(zones=4)

# remount,ro asks for what is the case already, and does not undo it.
fs, writer = read_only_by_error()
equal(remount("remount,ro").status, 0)
refused("EROFS", os.pwrite, writer, aligned(4096), 0)
os.close(writer)
eventually(fs.read_only_in_mount_table, True)
equal(remount("remount,rw").status, 0)
equal(write_direct(fs.seq(1), pattern(4096)), 4096)
fs.unmount()

# remount,rw lifts it, and nothing that is late makes the mount read-only again.
image = Image(zones=4)
for round_number in range(6):
    fs, writer = read_only_by_error()
    time.sleep(0.02 * round_number)  # nothing is waited for: another moment each round
    equal(remount("remount,rw").status, 0)
    equal(os.pwrite(writer, aligned(4096), 0), 4096, f"round {round_number}")
    os.close(writer)
    # That nothing happens is no event. The daemon tries for a third of a second to make a mount read-only.
    time.sleep(0.7)
    equal(fs.read_only_in_mount_table(), False, f"round {round_number}: in /proc/mounts")
    equal(write_direct(fs.seq(1), pattern(4096)), 4096, f"round {round_number}")
    fs.unmount()
    image = Image(zones=4)
