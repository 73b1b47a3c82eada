#!/usr/bin/env python3
"""A read-only mount: all is read, nothing changed."""
from zonefs import *

need(seq=2)
device.format()
device.foreign_write(0, pattern(8192))
fs = mount("ro")
row("read", True, lambda: content(fs.seq(0)) == pattern(8192))
for what, flags in (("writing", O_WRONLY), ("reading and writing", O_RDWR), ("O_TRUNC", O_WRONLY | O_TRUNC)):
    row(f"open for {what}", "EROFS", opens, fs.seq(0), flags)
row("truncate", "EROFS", os.truncate, fs.seq(0), 0)
row("chmod", "EROFS", os.chmod, fs.seq(0), 0o600)
row("chown", "EROFS", os.chown, fs.seq(0), 1, 1)
row("utimes", "EROFS", os.utime, fs.seq(0), (1, 1))
row("unlink", "EROFS", os.unlink, fs.seq(0))
row("mkdir", "ENOENT", os.mkdir, fs / "new")
row("create", "ENOENT", opens, fs / "seq/new", O_CREAT | O_WRONLY)
row("rename", "EROFS", os.rename, fs.seq(0), fs.seq(1))
row("setxattr", "EROFS", os.setxattr, fs.seq(0), "user.x", b"x")
row("ro in the mount table", True, fs.read_only_in_mount_table)
row("a writable file for root, by access(2)", False, os.access, fs.seq(0), os.W_OK)
row("remounted rw", "done", fs.remount, "rw")
row("written then", 4096, write_direct, fs.seq(0), pattern(4096, 2))
