#!/usr/bin/env python3
"""zonecopy clone between the folders of one mount of several devices: shares extents where that can be, keeps the limits of the device it
fills, and leaves a third one alone."""
from cloning import *
from zctest import *

for directory in places():
    way = COPY_PATHS[0 if shares_extents(directory) else 1]
    source, target = fill(disk(directory)), disk(directory, max_open=2)
    third = fill(disk(directory), seed=50)
    fs = Mount([source, target, third])
    old, new, other = fs.device(0), fs.device(1), fs.device(2)
    before = contents_of(other)
    told = clone(old.path, new.path, "--verify")
    equal((told["verified"], told["jobs"]), (True, 2), "the limits of the second device")
    equal([told[f"bytes_{word}"] for word in COPY_PATHS], [told["bytes"] if word == way else 0 for word in COPY_PATHS], directory)
    equal(contents_of(new), contents_of(old), "the files")
    equal(contents_of(other), before, "the third device")
    one_line(run("zonecopy", "clone", old.path, old.path + "/../" + os.path.basename(old.path)), 1, "the same folder")
    one_line(run("zonecopy", "clone", fs.path, new.path), 1, "no zone files", "one device of a mount")
    one_line(run("zonecopy", "clone", old.path, third.path), 1, "two folders of mounts")
    one_line(run("zonecopy", "clone", other.path, new.path, "--resume"), 1, "hold other data")
    fs.unmount()
    equal([zone.written for zone in target.report()], [zone.written for zone in source.report()], "zone by zone")
    for image in (source, target, third):
        os.unlink(image.path)
