#!/usr/bin/env python3
"""Nothing can be made, removed or renamed."""
from zonefs import *

need(seq=2)
fs = fresh()
new, long, old, other = fs / "seq/new", fs / ("seq/" + "n" * 17), fs.seq(0), fs.seq(1)
for what, path in (("a new name", new), ("a long name", long)):
    error = "ENOENT" if path == new else "ENAMETOOLONG"
    row(f"create {what}", error, opens, path, O_CREAT | O_WRONLY)
    row(f"mkdir {what}", error, os.mkdir, path)
    row(f"mknod {what}", error, os.mknod, path)
    row(f"symlink {what}", error, os.symlink, "x", path)
    row(f"link to {what}", error, os.link, old, path)
    row(f"rename to {what}", error, os.rename, old, path)
row("mkdir in the root", "ENOENT", os.mkdir, fs / "new")
row("create what is there", "opened", opens, old, O_CREAT | O_WRONLY)
row("create exclusively what is there", "EEXIST", opens, old, O_CREAT | O_EXCL | O_WRONLY)
row("mkdir over a file", "EEXIST", os.mkdir, old)
row("mknod over a file", "EEXIST", os.mknod, old)
row("symlink over a file", "EEXIST", os.symlink, "x", old)
row("link over a file", "EEXIST", os.link, old, other)
row("unlink a file", "EPERM", os.unlink, old)
row("unlink what is not there", "ENOENT", os.unlink, new)
row("rmdir of a group", "EPERM", os.rmdir, fs / "seq")
row("unlink a group", "EISDIR", os.unlink, fs / "seq")
row("rename a file over another", "EPERM", os.rename, old, other)
row("rename a file to itself", "done", done, os.rename, old, old)
row("rename a group", "ENOENT", os.rename, fs / "seq", fs / "sqe")
row("a file without a name", "EOPNOTSUPP", opens, fs / "seq", os.O_TMPFILE | O_WRONLY)
with opened(fs / "seq", O_RDONLY) as fd:
    row("fsync of a directory", "EINVAL", os.fsync, fd)
