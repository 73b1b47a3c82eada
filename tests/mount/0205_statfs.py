#!/usr/bin/env python3
"""statfs counts capacities, and what is written as used."""
from zctest import *

for block in (4096, 512):
    image = Image(zones=8, conventional=3, capacity=3 * MIB, block=block)
    fs = image.mount()
    total = (2 * 4 * MIB + 5 * 3 * MIB) // block

    def used(fs):
        state = os.statvfs(fs.path)
        return state.f_blocks - state.f_bfree

    state = os.statvfs(fs.path)
    equal((state.f_bsize, state.f_frsize, state.f_blocks), (block, block, total))
    equal((state.f_files, state.f_ffree, state.f_namemax), (2 + 1 + 5 + 1, 0, 16), "files, free ones, length of names")
    conventional = 2 * 4 * MIB // block
    equal(used(fs), conventional, "conventional files count as used")
    write_direct(fs.seq(0), pattern(64 * KIB))
    equal(used(fs), conventional + 64 * KIB // block)
    os.truncate(fs.seq(1), 3 * MIB)
    equal(used(fs), conventional + (64 * KIB + 3 * MIB) // block, "a finished zone is used up")
    copy_all_of(fs.seq(0), fs.seq(2), 32 * KIB)
    equal(used(fs), conventional + (96 * KIB + 3 * MIB) // block, "after a copy")
    os.truncate(fs.seq(1), 0)
    equal(used(fs), conventional + 96 * KIB // block)
    state = os.statvfs(fs.path)
    equal(state.f_bavail, state.f_bfree)
    fs = fs.again()
    equal(used(fs), conventional + 96 * KIB // block, "after a new mount")
    equal(os.statvfs(fs / "seq/0").f_blocks, total, "asked through a file")
    fs.unmount()

# Offline zones count for the total.
image = Image(zones=4)
image.set_seq(0, "offline")
fs = image.mount()
equal(os.statvfs(fs.path).f_blocks, 3 * 4 * MIB // 4096)
