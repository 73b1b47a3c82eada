#!/usr/bin/env python3
"""zonecopy copy to several destinations: one read of the sources serves all, and one that fails leaves the others whole."""
from zctest import *

first, second = Image().mount(), Image(conventional=2).mount()
data = pattern(3 * MIB)
write_direct(first.seq(0), data)
other = Image(zones=6, formatted=False)

# On the same mount, on another one, at an offset of a conventional zone, and on an image that is not mounted.
told = json.loads(must("zonecopy", "copy", f"{first.seq(0)}:0+2M", f"{first.seq(0)}:2560K+", "--to", first.seq(1), "-t", second.seq(0),
                       f"--to={other.path}#2", "--json", "--verify").out)
expected = data[:2 * MIB] + data[2560 * KIB:]
equal([(entry["destination"], entry["bytes"], entry["verified"], entry["errno"], entry["range_bytes"]) for entry in told["destinations"]],
      [(name, len(expected), True, None, [2 * MIB, 512 * KIB]) for name in (first.seq(1), second.seq(0), f"{other.path}#2")])
equal((told["bytes"], told["error"]), (3 * len(expected), None), "the sum")
same_bytes(content(first.seq(1)), expected, "one")
same_bytes(content(second.seq(0)), expected, "two")
back = file_with("back", b"")
must("zonecopy", "copy", f"{other.path}#2", back)
same_bytes(content(back), expected, "three")
text = succeeds("zonecopy", "copy", f"{first.seq(0)}:0+64K", "-t", first.seq(2), "-t", second.cnv(0), "--destination-offset", "0").out
check(all(f"{name}:\n  65536 bytes" in text for name in (first.seq(2), second.cnv(0))), text)

# One whose device is full in the middle. The others are whole, and the status says that not all went well.
small = small_file_system(24 * MIB)
full = Image(zones=6, directory=small).mount("errors=zone-ro")
with open(os.path.join(small, "filler"), "wb") as filler:
    free = os.statvfs(small)
    filler.write(bytes((free.f_bavail * free.f_frsize - MIB) & -4096))
    os.fsync(filler.fileno())
ended = one_line(run("zonecopy", "copy", first.seq(0), "--to", first.seq(3), "--to", full.seq(0), "--to", second.seq(1), "--json", "--verify"), 1,
                 full.seq(0))
told = json.loads(ended.out)
good, bad, too = told["destinations"]
equal([(entry["bytes"], entry["errno"], entry["verified"], entry["failed_range"]) for entry in (good, too)], [(3 * MIB, None, True, None)] * 2)
check(bad["bytes"] < 3 * MIB and bad["errno"] is not None and bad["failed_range"] == 0, f"the one that failed: {bad}")
equal((told["errno"], bad["error"] in ended.err), (bad["errno"], True))
for name in (first.seq(3), second.seq(1)):
    same_bytes(content(name), data, name)
same_bytes(content(full.seq(0))[:bad["bytes"]], data[:bad["bytes"]], "what the report counts is there")
