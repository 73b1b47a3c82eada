#!/usr/bin/env python3
"""zonecopy image create: the device is as asked for, sparse, and reported so."""
from zctest import *

TABLE = [
    # options, zones, conventional, zone length, zone capacity
    (("--size", "64MiB", "--zone-size", "4MiB"), 16, 0, 4 * MIB, 4 * MIB),
    (("--size", "4GiB", "--zone-size", "64MiB"), 64, 0, 64 * MIB, 64 * MIB),
    (("--size", "1TiB", "--zone-size", "1GiB"), 1024, 0, GIB, GIB),
    (("--size", 64 * MIB, "--zone-size", 4 * MIB), 16, 0, 4 * MIB, 4 * MIB),
    (("--size", "65536KiB", "--zone-size", "4096KiB", "--conventional", "5"), 16, 5, 4 * MIB, 4 * MIB),
    (("--size", "64MiB", "--zone-size", "4MiB", "--zone-capacity", "3MiB", "--conventional", "1"), 16, 1, 4 * MIB, 3 * MIB),
    (("--size", "64MiB", "--zone-size", "4MiB", "--block-size", "512"), 16, 0, 4 * MIB, 4 * MIB),
    (("--size", "64MiB", "--zone-size", "4MiB", "--max-open", "3", "--max-active", "5"), 16, 0, 4 * MIB, 4 * MIB),
    (("--size", "64MiB", "--zone-size", "3MiB"), 22, 0, 3 * MIB, 3 * MIB),
]
for number, (options, zones, conventional, length, capacity) in enumerate(TABLE):
    path = os.path.join(TMP, f"made{number}")
    made = succeeds("zonecopy", "image", "create", path, *options)
    equal(made.err, "", "nothing on stderr")
    check(os.stat(path).st_blocks * 512 < 4 * MIB, f"{options}: the file is not sparse")
    got = report(path)
    equal(len(got), zones, f"{options}: zones")
    equal(sum(zone.type == "conventional" for zone in got), conventional, f"{options}: conventional zones")
    check(all(zone.type == "conventional" for zone in got[:conventional]), f"{options}: the first ones are conventional")
    for zone in got[:-1]:
        expected = (length, length if zone.type == "conventional" else capacity)
        if not equal((zone.length, zone.capacity), expected, f"{options}: zone {zone.index}"):
            break
        if not equal(zone.condition, "not-write-pointer" if zone.type == "conventional" else "empty", f"zone {zone.index}"):
            break
equal(got[-1].length, MIB, "a shorter last zone")
