#!/usr/bin/env python3
"""Writes longer than a FUSE request, and large ones that fail at their first byte."""
from zonefs import *

need(seq=2)
fs = fresh()
data = pattern(CAP)
row("a whole zone at once", CAP, lambda: os.pwrite(os.open(fs.seq(0), O_WRONLY | O_DIRECT), aligned(data), 0))
row("contents", True, lambda: content(fs.seq(0)) == data)
with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
    row("a large write behind the end", "EINVAL", os.pwrite, fd, aligned(data), 4096)
    row("more than a zone", CAP, os.pwrite, fd, aligned(data + bytes(65536)), 0)
    os.ftruncate(fd, 0)
    row("a large write of an odd length", "EINVAL", os.pwrite, fd, aligned(data[:CAP - 4096 + 256]), 0)
