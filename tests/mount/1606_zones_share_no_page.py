#!/usr/bin/env python3
"""Zones that would share pages are not made; images that have such zones lose nothing when both kinds of writes meet."""
from zctest import *

path = os.path.join(TMP, "odd")
one_line(run("zonecopy", "image", "create", path, "--size", "64MiB", "--zone-size", "8704", "--block-size", "512"), 2, "4096")
check(not os.path.exists(path), "a file was left behind")

# Copies by the kernel into one zone, direct writes into its neighbour, blocks smaller than pages.
image = Image(zones=24, zone_size=64 * KIB, block=512)
fs = image.mount()
rounds = int(os.environ.get("ZCTEST_ROUNDS", "20"))
source = pattern(33 * 512, 1)
write_direct(fs.seq(0), source)
for round_number in range(rounds):
    def copies():
        for _ in range(30):
            os.truncate(fs.seq(1), 0)
            equal(copy_all_of(fs.seq(0), fs.seq(1), len(source)), len(source))

    def writes():
        for _ in range(10):
            os.truncate(fs.seq(2), 0)
            for piece in range(33):
                write_direct(fs.seq(2), source[512 * piece:512 * (piece + 1)], 512 * piece)

    at_once(copies, writes)
    for number in (1, 2):
        same_bytes(content(fs.seq(number)), source, f"round {round_number}, seq/{number}")
