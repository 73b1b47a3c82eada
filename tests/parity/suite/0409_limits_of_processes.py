#!/usr/bin/env python3
"""RLIMIT_FSIZE cuts writes, and stops those behind it."""
import resource
from zonefs import *

need(seq=2)
fs = fresh()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
    written = outcome(os.pwrite, fd, aligned(16384), 0), outcome(os.pwrite, fd, aligned(4096), 8192), outcome(os.ftruncate, fd, CAP)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
row("a write across the limit", 8192, lambda: written[0])
row("a write at the limit", "EFBIG", lambda: written[1])
row("a truncation across the limit", "EFBIG", lambda: written[2])
