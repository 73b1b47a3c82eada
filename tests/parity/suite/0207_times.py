#!/usr/bin/env python3
"""What changes times: truncation by a descriptor, utimes and chmod do, writes and truncation by path do not."""
from zonefs import *

need(seq=3)
fs = fresh()
path = fs.seq(0)


def changed(function, *arguments):
    """Of mtime and ctime, which a call changes."""
    # Open all the while, since zonefs forgets times when the kernel drops the inode of a file that nobody uses.
    with opened(path, os.O_PATH):
        os.utime(path, (1000, 1000))
        before = os.stat(path)
        time.sleep(0.05)
        function(*arguments)
        after = os.stat(path)
    return " ".join(name for name in ("mtime", "ctime") if getattr(before, f"st_{name}_ns") != getattr(after, f"st_{name}_ns")) or "none"


row("utimes", (2000, 3000), lambda: os.utime(path, (2000, 3000)) or (int(os.stat(path).st_atime), int(os.stat(path).st_mtime)))
row("a direct write", "none", changed, write_direct, path, pattern(4096))
row("truncate by path", "none", changed, os.truncate, path, 0)
with opened(path, O_RDWR) as descriptor:
    row("truncate by descriptor", "mtime ctime", changed, os.ftruncate, descriptor, 0)
row("O_TRUNC", "mtime ctime", changed, opens, path, O_WRONLY | O_TRUNC)
row("chmod", "ctime", changed, os.chmod, path, 0o600)
row("chown", "ctime", changed, os.chown, path, 1, 1)
if device.cnv_files:
    path = fs.cnv(0)

    def buffered_write():
        with opened(path, O_RDWR) as fd:
            os.pwrite(fd, b"x", 0)
            os.fsync(fd)
    row("a buffered write", "none", changed, buffered_write)
