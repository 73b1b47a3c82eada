#!/usr/bin/env python3
"""Names that are not there."""
from zonefs import *

fs = fresh()
for name in ("seq/00", "seq/01", "seq/x", "seq/-1", "seq/ 0", f"seq/{10 ** 15}", "new", "0"):
    row(f"stat {name}", "ENOENT", os.stat, fs / name)
row("stat the first name too high", "ENOENT", os.stat, fs.seq(device.seq_files))
row("stat a name of 16 characters", "ENOENT", os.stat, fs / ("seq/" + "1" * 16))
row("stat a name of 17 characters", "ENAMETOOLONG", os.stat, fs / ("seq/" + "1" * 17))
row("stat a name of 17 characters in the root", "ENAMETOOLONG", os.stat, fs / ("x" * 17))
row("stat below a file", "ENOTDIR", os.stat, fs / "seq/0/0")
