#!/usr/bin/env python3
"""Who is told that the end of a file fills no block: close and fsync of a writer, until the last one has closed it."""
from zctest import *


def close_says(fd):
    """The errno of close(2), by its name; "" if there is none."""
    try:
        os.close(fd)
    except OSError as error:
        return errno_name(error.errno)
    return ""


image = Image()
fs = image.mount(foreground=True)
data = pattern(5000)
first, second, reader = (os.open(fs.seq(0), flags) for flags in (O_RDWR, O_WRONLY | O_APPEND, O_RDONLY))
os.write(first, data)
equal(close_says(os.dup(first)), "EIO", "a duplicate in the middle of a stream")
refused("EIO", os.fsync, first)
refused("EIO", os.fsync, first)
equal(close_says(reader), "", "a reader")
same_bytes(content(fs.seq(0)), data, "what was told is still there")
equal(os.write(second, data), 5000, "and goes on")
same_bytes(content(fs.seq(0)), data + data, "both")
equal(close_says(first), "EIO", "one of two writers")
equal(os.stat(fs.seq(0)).st_size, 10000)
os.write(second, pattern(2288))
os.fsync(second)
equal(close_says(second), "", "whole blocks")
same_bytes(content(fs.seq(0)), data + data + pattern(2288))
equal(fs.counter("tails_refused"), 0)

fd = os.open(fs.seq(0), O_WRONLY | O_APPEND)
os.write(fd, b"end")
equal(close_says(fd), "EIO", "the last writer")
equal(os.stat(fs.seq(0)).st_size, 12288, "the end is dropped")
eventually(lambda: fs.counter("tails_refused"), 1)
equal(fs.status()["last_tail_refused"], "seq/0: 3 bytes")
same_bytes(content(fs.seq(0)), data + data + pattern(2288), "also for a reader with a cache")
fs.wait_for_log("seq/0: the last 3 bytes are not written")
check("904 bytes" not in fs.log(), f"nothing is told of what was written later: {fs.log()}")

# Killed: the end goes the same way.
def be_killed():
    fd = os.open(fs.seq(1), O_WRONLY)
    os.write(fd, pattern(4099))
    os.kill(os.getpid(), signal.SIGKILL)


child = os.fork()
if child == 0:
    be_killed()
os.waitpid(child, 0)
eventually(lambda: os.stat(fs.seq(1)).st_size, 4096, "the writer was killed")
eventually(lambda: fs.counter("tails_refused"), 2)

# A copy continues a tail, and leaves one.
with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(2), O_RDWR) as destination:
    os.write(destination, b"head")
    expected = b"head"
    for length, offset in ((5000, 0), (4092, 4), (100, 1), (8000, 3), (4192, 0)):
        equal(copy_range(source, destination, length, offset, len(expected)), length, f"{length} bytes at {offset}")
        expected += content(fs.seq(0))[offset:offset + length]
        same_bytes(content(fs.seq(2)), expected, "so far")
    equal(copy_range(source, destination, 4096, 0, 32768), 4096, "beyond the end")
    expected += bytes(32768 - len(expected)) + content(fs.seq(0))[:4096]
    same_bytes(content(fs.seq(2)), expected, "with a gap")
    refused("EINVAL", copy_range, source, destination, 100, 0, 100)
    # From a file whose end is in memory.
    os.pwrite(destination, b"tail", len(expected))
    with opened(fs.seq(3), O_RDWR) as third:
        equal(copy_range(destination, third, MIB, 0, 0), len(expected) + 4, "all of it")
        os.pwrite(third, bytes(4092), len(expected) + 4)
    os.pwrite(destination, bytes(4092), len(expected) + 4)
same_bytes(content(fs.seq(3)), expected + b"tail" + bytes(4092), "the copy of a tail")

# tail=pad
must("mount.zonecopyfs", image.path, fs.path, "-o", "remount,tail=pad")
with opened(fs.seq(4), O_RDWR) as fd:
    os.write(fd, b"hello")
    os.fsync(fd)
    equal(os.fstat(fd).st_size, 4096, "padded by fsync")
    refused("EINVAL", os.pwrite, fd, b"more", 5)
    os.pwrite(fd, b"more", 4096)
    equal(os.fstat(fd).st_size, 4100)
equal(os.stat(fs.seq(4)).st_size, 8192, "padded by the last close")
same_bytes(content(fs.seq(4)), b"hello" + bytes(4091) + b"more" + bytes(4092))
equal(fs.counter("tails_refused"), 2, "nothing more was refused")

# The daemon is told to end, twice, so that it does not wait for the writer.
fd = os.open(fs.seq(5), O_WRONLY)
os.write(fd, b"cut off")
os.kill(fs.pid, signal.SIGTERM)
eventually(lambda: os.path.ismount(fs.path), False, "detached")
os.kill(fs.pid, signal.SIGTERM)
fs.wait_for_end()
equal(image.seq_zone(5).written, 4096, "padded by the unmount")
