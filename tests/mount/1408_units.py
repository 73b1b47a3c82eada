#!/usr/bin/env python3
"""Zones are told by their index, positions in bytes: the same numbers in the report's text, its JSON and the files."""
from zctest import *

for block in (4096, 512):
    image = Image(zones=6, block=block, capacity=3 * MIB)
    fs = image.mount()
    write_direct(fs.seq(1), pattern(5 * block))
    fs.unmount()
    lines = succeeds("zonecopy", "report", image.path).out.splitlines()
    check("in bytes" in lines[2] and "index" in lines[2], f"the units are said: {lines[2]}")
    rows = {int(words[0]): words for words in (line.split() for line in lines[4:])}
    for zone in image.report():
        words = rows[zone.index]
        equal([int(word) for word in words[3:6]], [zone.start, zone.length, zone.capacity], f"zone {zone.index}")
        if zone.written is not None and zone.condition != "full":
            equal(int(words[6]), zone.start + zone.written, f"zone {zone.index}: write pointer")
    equal(int(rows[2][6]), 2 * image.zone_size + 5 * block, "the zone that was written")
    # mkfs names blocks and LBAs as such.
    text = succeeds("mkfs.zonecopyfs", "-f", "-v", image.path).out
    check(f"Zone 00002: sequential-required, closed, start LBA {2 * image.zone_size // block}, {image.zone_size // block} blocks" in text,
          f"mkfs -v: {text}")
