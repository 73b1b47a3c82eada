#!/usr/bin/env python3
"""zonecopy copy between zones of images that are not mounted, and between those and mounts: PATH#ZONE."""
from zctest import *


def copy(*arguments):
    return json.loads(must("zonecopy", "copy", *arguments, "--json").out)


for directory in places():
    way = COPY_PATHS[0 if shares_extents(directory) else 1]
    image = Image(directory=directory, conventional=2)
    fs = image.mount()
    data = pattern(2 * MIB)
    write_direct(fs.seq(0), data)
    fs.unmount()
    source, target = image.zone_of_seq(0), image.zone_of_seq(1)
    told = copy(f"{image.path}#{source}:4K+8K", f"{image.path}#{source}:64K+1M", f"{image.path}#{target}")
    expected = data[4 * KIB:12 * KIB] + data[64 * KIB:64 * KIB + MIB]
    equal([told[f"bytes_{word}"] for word in COPY_PATHS], [len(expected) if word == way else 0 for word in COPY_PATHS], directory)
    equal((told["destinations"][0]["ways"], told["commands"]), (["device copy"], 1))
    equal(image.report()[target].written, len(expected), "the write pointer")
    copy(f"{image.path}#{source}:0+4K", f"{image.path}#1", "--destination-offset", "8K")

    # Onto the super block of a file system, by mistake.
    with unchanged(image.path):
        one_line(run("zonecopy", "copy", f"{image.path}#{source}:0+4K", f"{image.path}#0", "--destination-offset", "0"), 1,
                 "super block", "wipefs")
    copy(f"{image.path}#{source}:0+4K", f"{image.path}#0", "--destination-offset", "4K")

    # To another image, and verified; the same zone twice, by two names.
    second = Image(directory=directory, formatted=False)
    os.symlink(image.path, os.path.join(TMP, f"link{image.zone_size}{way}"))
    told = copy(f"{image.path}#{source}", os.path.join(TMP, f"link{image.zone_size}{way}") + f"#{target}", f"{second.path}#3", "--verify")
    equal((told["bytes"], told["destinations"][0]["verified"]), (len(data) + len(expected), True), "another image")

    # Within a conventional zone, which is source and destination.
    copy(f"{image.path}#1:8K+4K", f"{image.path}#1:8K+4K", f"{image.path}#1", "--destination-offset", "64K")

    # Between a mount and an image.
    fs = image.mount()
    same_bytes(content(fs.seq(1)), expected, "seq/1")
    same_bytes(content(fs.cnv(0))[8 * KIB:12 * KIB], data[:4 * KIB], "cnv/0")
    same_bytes(content(fs.cnv(0))[64 * KIB:72 * KIB], data[:4 * KIB] * 2, "cnv/0, from itself")
    told = copy(f"{second.path}#3:4K+1M", fs.seq(2))
    same_bytes(content(fs.seq(2)), data[4 * KIB:4 * KIB + MIB], "from an image to a mount")
    check("not" in told["fallback_reason"], f"why: {told['fallback_reason']}")
    copy(fs.seq(0), f"{second.path}#4")
    ended = one_line(run("zonecopy", "copy", f"{image.path}#{source}", f"{second.path}#5", "--json"), 1, "in use")
    equal(json.loads(ended.out)["errno"], "EBUSY")
    fs.unmount()

    # Zones that are of no use.
    with unchanged(second.path):
        image.set_zone(target, "offline")
        one_line(run("zonecopy", "copy", f"{image.path}#{target}:0+4K", f"{second.path}#5"), 1, f"{image.path}")
        one_line(run("zonecopy", "copy", f"{second.path}#3:0+4K", f"{image.path}#{target}"), 1, "offline")
    image.set_zone(source, "read-only")
    one_line(run("zonecopy", "copy", f"{second.path}#3:0+4K", f"{image.path}#{source}"), 1, "zone")
    for each in (image, second):
        os.unlink(each.path)
