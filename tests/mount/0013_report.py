#!/usr/bin/env python3
"""zonecopy report: the same zones from the device and from the mount point, and as text."""
from zctest import *

image = Image(zones=8, conventional=2, capacity=3 * MIB)
fs = image.mount()
write_direct(fs.seq(0), pattern(5 * 4096))
os.truncate(fs.seq(1), image.capacity)
image.set_seq(3, "offline")
image.set_seq(4, "read-only")

zones = image.report()
equal([str(zone) for zone in report(fs.path)], [str(zone) for zone in zones], "by mount point")
equal([zone.type for zone in zones[:3]], ["conventional", "conventional", "sequential-required"])
equal(zones[2].written, 5 * 4096)
check(zones[2].condition in ("implicit-open", "closed"), f"a written zone is {zones[2].condition}")
equal([zone.condition for zone in zones[3:]], ["full", "empty", "offline", "read-only", "empty"])
equal([zone.start for zone in zones], [i * image.zone_size for i in range(8)])

for path in (image.path, fs.path):
    text = succeeds("zonecopy", "report", path)
    for word in ("conventional", "full", "empty", "offline", "read-only"):
        check(word in text.out, f"expected {word!r}: {text.out}")
    equal(text.err, "", "stderr")
with unchanged(image.path):
    run("zonecopy", "report", image.path)
