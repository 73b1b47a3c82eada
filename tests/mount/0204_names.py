#!/usr/bin/env python3
"""Which names there are: decimal numbers without leading zeros, at most 16 characters, and nothing else."""
from zctest import *

fs = Image(zones=12, conventional=3).mount()
for name in ("00", "01", "+1", "-0", "-1", " 1", "1 ", "0x0", "1.0", "1e0", "9", "10", "a", "seq", "4294967296", "4294967297",
             "9999999999999999", "0000000000000000", "18446744073709551616"[:16]):
    for call in (os.stat, os.listdir, lambda path: os.open(path, O_RDONLY)):
        refused("ENOENT", call, fs / f"seq/{name}")
refused("ENOENT", os.stat, fs / "cnv/2")
for name in ("x", "Seq", "SEQ", "0", "conv", "x" * 16):
    refused("ENOENT", os.stat, fs / name)
for name in ("x" * 17, "0" * 17, "1" * 40, "y" * 255):
    refused("ENAMETOOLONG", os.stat, fs / name)
    refused("ENAMETOOLONG", os.stat, fs / f"seq/{name}")
refused("ENOTDIR", os.stat, fs / "seq/0/x")
refused("ENOTDIR", os.listdir, fs / "seq/0")
refused("EISDIR", os.open, fs / "seq", O_WRONLY)
refused("EISDIR", os.open, fs.path, O_RDWR)
equal(os.stat(fs / "seq/8").st_size, 0, "the last one")
equal(os.stat(fs / "seq/../cnv/./1").st_ino, 2)
