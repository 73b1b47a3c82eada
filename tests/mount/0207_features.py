#!/usr/bin/env python3
"""Owner and permissions of files come from the super block's features; those of directories do not."""
from zctest import *

TABLE = [
    ((), (0, 0, 0o640)),
    (("-o", "uid=1000"), (1000, 0, 0o640)),
    (("-o", "gid=1001"), (0, 1001, 0o640)),
    (("-o", "perm=444"), (0, 0, 0o444)),
    (("-o", "perm=0"), (0, 0, 0)),
    (("-o", "uid=1000,gid=1001,perm=777"), (1000, 1001, 0o777)),
    (("-o", "uid=1000,gid=1001,perm=777,aggr_cnv"), (1000, 1001, 0o777)),
]
image = Image(zones=4, conventional=2, formatted=False)
for options, expected in TABLE:
    image.format("-f", *options)
    fs = image.mount()
    for path in (fs.cnv(0), fs.seq(0), fs.seq(1)):
        state = os.stat(path)
        equal((state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode)), expected, f"mkfs {options}: {path}")
    for path in (fs.path, fs / "cnv", fs / "seq"):
        state = os.stat(path)
        equal((state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode)), (0, 0, 0o555), f"mkfs {options}: {path}")
    fs.unmount()
