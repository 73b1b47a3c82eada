#!/usr/bin/env python3
"""Nothing can be made, removed or renamed, and each attempt says so with the errno of the kernel's zonefs."""
from zctest import *

fs = Image(zones=6, conventional=3).mount()
write_direct(fs.seq(0), pattern(4096))
LONG = "n" * 17
for directory in ("", "cnv/", "seq/"):
    new, long = fs / f"{directory}new", fs / f"{directory}{LONG}"
    old = fs / (f"{directory}0" if directory else "seq")
    for target, name in ((new, "ENOENT"), (long, "ENAMETOOLONG"), (old, "EEXIST")):
        refused(name, os.open, target, O_CREAT | O_EXCL | O_RDWR, 0o600)
        refused(name, os.mkdir, target)
        refused(name, os.mknod, target, stat.S_IFREG | 0o600)
        refused(name, os.mkfifo, target)
        refused(name, os.symlink, "x", target)
        refused(name, os.link, fs.seq(0), target)
        if target != old:
            refused(name, os.open, target, O_CREAT | O_RDWR, 0o600)
            refused(name, os.rename, fs.seq(0), target)
    refused("EOPNOTSUPP", os.open, fs / directory, os.O_TMPFILE | O_RDWR)

for number in (0, 1):
    refused("EPERM", os.unlink, fs.seq(number))
    refused("EPERM", os.unlink, fs.cnv(number))
refused("EPERM", os.rmdir, fs / "seq")
refused("EPERM", os.rmdir, fs / "cnv")
refused("ENOENT", os.unlink, fs / "seq/new")
refused("ENOENT", os.rmdir, fs / "new")
refused("EISDIR", os.unlink, fs / "seq")
refused("ENOTDIR", os.rmdir, fs.seq(0))
refused("EPERM", os.rename, fs.seq(0), fs.seq(1))
refused("EPERM", os.rename, fs.seq(0), fs.cnv(1))
refused("EPERM", os.rename, fs / "seq", fs / "cnv")
os.rename(fs.seq(0), fs.seq(0))
refused("ENOENT", os.rename, fs / "seq/new", fs.seq(0))
refused("EXDEV", os.rename, fs.seq(0), os.path.join(TMP, "elsewhere"))
refused("EXDEV", os.link, fs.seq(0), os.path.join(TMP, "elsewhere"))

# O_CREAT of what there is opens it; rm -f must not claim to have removed.
os.close(os.open(fs.seq(0), O_CREAT | O_RDWR))
ended = run("rm", "-f", fs.seq(0))
check(ended.status != 0 and "not permitted" in ended.err, f"rm -f: {ended}")
ended = run("rm", "-rf", fs.path)
check(ended.status != 0, f"rm -rf: {ended}")
same_bytes(content(fs.seq(0)), pattern(4096), "seq/0")
