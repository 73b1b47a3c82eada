#!/usr/bin/env python3
"""copy_file_range to sequential files: done by zonecopyfs, which exists for that, refused by kernel zonefs."""
from zonefs import *

need(seq=5)
fs = fresh("errors=repair")
data = pattern(65536)
write_direct(fs.seq(0), data)


def copied(length, source_offset, destination_offset, source=0, destination=1):
    return copy_paths(fs.seq(source), fs.seq(destination), length, source_offset, destination_offset)


row("to an empty file", "EIO", copied, 16384, 0, 0)
row("size of it", 0, size, fs.seq(1))
row("what is in it", b"", lambda: content(fs.seq(1)) if KERNEL else content(fs.seq(1)).replace(data[:16384], b""))
row("to the end", "EIO", copied, 8192, 4096, 16384)
row("past the end of the source", "EIO", copied, 65536, 61440, 0, destination=2)
row("away from the write pointer", "EIO", copied, 4096, 0, 65536)
row("of an odd length", "EIO", copied, 256, 0, 0, destination=3)
row("from an odd offset", "EIO", copied, 4096, 256, 0, destination=3)
row("nothing", 0, copied, 0, 0, 0)
row("from the end of the source", 0, copied, 4096, 65536, 0, destination=3)
row("from behind the end of the source", 0, copied, 4096, 1 << 20, 0, destination=3)
row("overlapping", "EINVAL", copied, 8192, 0, 4096, destination=0)
row("from a negative offset", "EOVERFLOW", copied, 4096, -4096, 0, destination=3)
row("to the capacity", "EFBIG", copied, 4096, 0, CAP, destination=3)
with opened(fs.seq(0), O_RDONLY) as fd_in, opened(fs.seq(3), O_RDONLY) as fd_out:
    row("to a reader", "EBADF", copy_range, fd_in, fd_out, 4096, 0, 0)
with opened(fs.seq(0), O_WRONLY) as fd_in, opened(fs.seq(3), O_WRONLY) as fd_out:
    row("from a writer", "EBADF", copy_range, fd_in, fd_out, 4096, 0, 0)
with opened(fs.seq(0), O_RDONLY) as fd_in, opened(fs.seq(4), O_WRONLY | O_APPEND) as fd_out:
    row("to O_APPEND", "EBADF", copy_range, fd_in, fd_out, 4096, 0, 0)
with opened(fs.seq(0), O_RDONLY) as fd_in, opened(fs.seq(4), O_WRONLY | O_DIRECT) as fd_out:
    row("to a file open for direct writes", 8192, copy_range, fd_in, fd_out, 8192, 0, 0)
row("size of that file", 8192, size, fs.seq(4))
other = os.open(file_with("other", data), O_RDWR)
with opened(fs.seq(3), O_RDWR) as fd:
    row("from another file system", "EXDEV", copy_range, other, fd, 4096, 0, 0)
    row("to another file system", "EXDEV", copy_range, fd, other, 4096, 0, 0)
with opened(fs / "seq", O_RDONLY) as fd_in, opened(fs.seq(3), O_WRONLY) as fd_out:
    row("from a directory", "EISDIR", copy_range, fd_in, fd_out, 4096, 0, 0)
row("onto its own end", "EIO", copied, 4096, 0, 65536, destination=0)
row("the mount stays writable", "opened", opens, fs.seq(0), O_WRONLY)
