#!/usr/bin/env python3
"""zonecopy clone of images: all zones, by the best way; a new UUID or the same; --plan, --verify, --quiet; a second run does nothing."""
from cloning import *
from zctest import *

for directory in places():
    way = COPY_PATHS[0 if shares_extents(directory) else 1]
    source, target = fill(disk(directory)), empty_disk(directory)
    with unchanged(source.path, target.path):
        planned = succeeds("zonecopy", "clone", "--plan", source.path, target.path).out
        for line in ("zone 3 -> zone 3: 4MiB of data, then finish it", "zone 4 -> zone 4: 2MiB of data, then finish it"):
            check(line in planned.splitlines(), planned)
        told = clone(source.path, target.path, "--plan")
        equal((told["plan_only"], told["bytes"], told["jobs"], told["same_geometry"]), (True, 0, 3, True))
    with unchanged(source.path):
        told = clone(source.path, target.path, "--verify")
    equal((told["verified"], told["error"], told["bytes"]), (True, None, told["bytes_to_copy"]))
    equal([told[f"bytes_{word}"] for word in COPY_PATHS], [told["bytes"] if word == way else 0 for word in COPY_PATHS], directory)
    equal(told["fallback_reason"] is None, way == COPY_PATHS[0], "why not offloaded")
    check_same(source, target, directory)
    check(uuid_of(source.path) != uuid_of(target.path), "another UUID")
    equal((told["uuid"].replace("-", ""), super_block(target.path)[8:13]), (uuid_of(target.path), b"disk\0"))

    # What is complete stays as it is, and keeps its UUID.
    with unchanged(target.path):
        equal(clone(source.path, target.path, "--resume")["bytes"], 0)
        one_line(run("zonecopy", "clone", source.path, target.path), 1, "zonefs", "--force", "--resume")
    # Once more over it, from a source that has changed.
    fs = source.mount()
    os.truncate(fs.seq(0), 0)
    write_direct(fs.seq(7), pattern(8192))
    fs.unmount()
    one_line(run("zonecopy", "clone", source.path, target.path, "--resume"), 1, "other data than the source", "--force")
    ended = succeeds("zonecopy", "clone", "--force", "--same-uuid", "--quiet", source.path, target.path)
    equal((ended.out, ended.err), ("", ""), "--quiet")
    check_same(source, target, f"{directory}, once more")
    equal(uuid_of(target.path), uuid_of(source.path), "--same-uuid")
    for image in (source, target):
        os.unlink(image.path)

# Without conventional zones; all places for active zones are taken, and zone 0 needs one.
source, target = fill(disk(conventional=0, max_active=4)), empty_disk(conventional=0, max_active=3)
equal(clone(source.path, target.path, "--verify")["verified"], True)
check_same(source, target, "without conventional zones")

# Blocks of 512 bytes, and write pointers between those of 4096.
source, target = fill(disk(block=512), options="explicit-open"), empty_disk(block=512)
fs = source.mount()
write_direct(fs.seq(9), pattern(512 * 3))
fs.unmount()
equal(clone(source.path, target.path, "--verify", "--jobs", 1)["verified"], True)
check_same(source, target, "blocks of 512 bytes")

# What is no zonefs: everything of zone 0 too.
source, target = empty_disk(), empty_disk()
must("zonecopy", "copy", file_with("head", pattern(64 * KIB)), f"{source.path}#0", "--destination-offset", 0)
must("zonecopy", "copy", file_with("data", pattern(MIB)), f"{source.path}#7")
told = clone(source.path, target.path, "--verify")
equal((told["verified"], told["uuid"]), (True, None), "no file system")

# Zones of other sizes: the files keep their names.
source, target = fill(disk()), empty_disk(zones=14, zone_size=8 * MIB)
check("the files keep their names" in succeeds("zonecopy", "clone", "--plan", source.path, target.path).out, "--plan tells")
equal(clone(source.path, target.path, "--verify")["same_geometry"], False)
one, other = source.mount(), target.mount()
for name in ("seq/2", "seq/3", "seq/6", "seq/4", "seq/0"):
    data = content(one / name)
    same_bytes(content(other / name)[:len(data)], data, name)
one.unmount()
other.unmount()

# A source whose super block can only be read, as it is of a drive that fails.
source, target = fill(disk(conventional=0)), empty_disk(conventional=0)
source.set_zone(0, "read-only")
clone(source.path, target.path)
equal(super_block(target.path)[8:13], b"disk\0")
