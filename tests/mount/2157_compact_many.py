#!/usr/bin/env python3
"""A compaction of very many extents in more victims than a process may have files open.

ZCTEST_EXTENTS sets how many there are.
"""
import resource

from compacting import *
from zctest import *

SMALL, EXTENTS, VICTIMS = 512, int(os.environ.get("ZCTEST_EXTENTS", "20000")), 500
EACH = EXTENTS // VICTIMS
image = Image(zones=2 * VICTIMS, zone_size=256 * KIB, block=SMALL)
fs = image.mount()
# Every other block of a victim is live.
content_of = lambda zone: b"".join(struct.pack("<II", zone, block) * (SMALL // 8) for block in range(2 * EACH))
for zone in range(VICTIMS):
    write_direct(fs.seq(zone), content_of(zone))
live, map_path = os.path.join(TMP, "live"), os.path.join(TMP, "live.map")
with open(live, "w", encoding="ascii") as file:
    for zone in range(VICTIMS):
        file.writelines(f"seq/{zone} {2 * block * SMALL} {SMALL}\n" for block in range(EACH))

few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
begun = time.monotonic()
told = json.loads(succeeds("zonecopy", "compact", fs.path, "--live", live, "--json", preexec_fn=few).out)
print(f"{time.monotonic() - begun:.1f} s")
equal((told["plan"]["extents"], told["plan"]["victims"], told["bytes"]), (EXTENTS, VICTIMS, EXTENTS * SMALL))
equal([os.stat(fs.seq(zone)).st_size for zone in range(VICTIMS)], [0] * VICTIMS)

copies = {}
with open(map_path, encoding="ascii") as file:
    for line in map(json.loads, file):
        copies[(line["old"]["file"], line["old"]["offset"])] = (line["new"]["file"], line["new"]["offset"])
equal(len(copies), EXTENTS)
zones = {name: content(fs / name) for name in {name for name, _ in copies.values()}}
wrong = sum(zones[name][offset:offset + 8] != struct.pack("<II", int(old_name[4:]), old_offset // SMALL)
            for (old_name, old_offset), (name, offset) in copies.items())
equal(wrong, 0, "copies with other contents")
fs.unmount()
