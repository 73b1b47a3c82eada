#!/usr/bin/env python3
"""Owner and permissions of files by the super block; directories are not concerned."""
from zonefs import *

fs = fresh(mkfs=("-o", "uid=1001,gid=1002,perm=1604"))
for name in ("seq/0", "seq", ""):
    state = os.stat(fs / name)
    row(f"owner of /{name}", (1001, 1002) if name == "seq/0" else (0, 0), lambda: (state.st_uid, state.st_gid))
    row(f"mode of /{name}", "0o1604" if name == "seq/0" else "0o555", mode, fs / name)
fs = fs.unmount() or fresh()
row("owner without features", (0, 0), lambda: (os.stat(fs.seq(0)).st_uid, os.stat(fs.seq(0)).st_gid))
row("mode without features", "0o640", mode, fs.seq(0))
