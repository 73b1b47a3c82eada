#!/usr/bin/env python3
"""A log that nobody reads keeps nobody waiting: the mount serves, and ends."""
from zctest import *

image = Image()
point = os.path.join(TMP, "mnt")
os.mkdir(point)
reader, writer = os.pipe()
fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
daemon = subprocess.Popen(["zonecopyfs", image.path, point, "-f", "-o", "errors=repair"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=writer)
waiting.mount_table(lambda: os.path.ismount(point))
# The pipe is full from here on.
fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
try:
    while True:
        os.write(writer, b".")
except BlockingIOError:
    pass
fcntl.fcntl(writer, fcntl.F_SETFL, 0)
os.close(writer)

TRIES = 200


def use():
    with opened(f"{point}/seq/0", O_RDWR | O_DIRECT) as fd:
        os.pwrite(fd, aligned(8192), 0)
        for _ in range(TRIES):
            equal(len(read_direct(fd, 4096, 0)), 4096)
    # Each is an error that is logged, and another than the one before.
    for number in range(1, 4):
        with opened(f"{point}/seq/{number}", O_RDWR | O_DIRECT) as fd:
            os.pwrite(fd, aligned(4096), 0)
            image.set_seq(number, "read-only")
            for offset in range(TRIES):
                refused("EIO EPERM EROFS", os.pwrite, fd, aligned(4096), 4096)


at_once(use)
check(daemon.poll() is None, "the daemon is gone")
must("umount", point)
if check(waiting.Process(daemon.pid).wait(), "the daemon ends though its log hangs"):
    daemon.wait()
equal(daemon.returncode, 0)
