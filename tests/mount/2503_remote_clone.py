#!/usr/bin/env python3
"""zonecopy clone to a device across the network and back; zonecopy copy of its zones; and a remote device served again."""
from cloning import *
from remote import *

near = fill(disk(conventional=0))
far = RemoteImage(formatted=False, zones=16, zone_size=4 * MIB, **{**KINDS, "conventional": 0, "max_active": 0})
told = json.loads(must("zonecopy", "clone", "--verify", "--json", near.path, far.path).out)
equal((told["verified"], told["error"]), (True, None))
back = empty_disk(conventional=0)
succeeds("zonecopy", "clone", "--verify", "--same-uuid", far.path, back.path)
equal(far.target.statistics()["errors"] if "errors" in far.target.statistics() else 0, 0, "errors at the target")

def zones(path):
    return [(zone.condition, zone.written) for zone in report(path)]
equal(zones(back.path), zones(far.path))

# By two names it is one device.
for name in (far.path, far.path.replace("?", "?nsid=1&")):
    one_line(run("zonecopy", "clone", "--force", far.path, name), 1, "the same device")

# Between zones of one remote device, of it and of an image.
data = file_with("data", pattern(64 * KIB))
empty = max(zone.index for zone in report(far.path) if zone.condition == "empty")
succeeds("zonecopy", "copy", data, f"{far.path}#{empty}")
told = json.loads(must("zonecopy", "copy", "--json", f"{far.path}#{empty}:0+32KiB", f"{far.path}#{empty - 1}").out)
equal((told["bytes"], told["bytes_offloaded"]), (32 * KIB, 32 * KIB), "the target copies")
succeeds("zonecopy", "copy", f"{far.path}#{empty}", f"{back.path}#{empty}")
equal(report(back.path)[empty].written, 64 * KIB)

# Served again: what is across the network twice is the same device still.
again = Target(far.path, "--nqn", NQN + ":again")
farther = name_of(again)
equal(zones(farther), zones(far.path))
succeeds("zonecopy", "copy", f"{farther}#{empty}", f"{farther}#{empty - 2}")
equal(report(far.path)[empty - 2].written, 64 * KIB)
equal(again.stop(), 0)
equal(far.target.stop(), 0)
equal(zones(far.file)[empty - 2][1], 64 * KIB)
