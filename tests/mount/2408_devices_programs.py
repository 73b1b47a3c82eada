#!/usr/bin/env python3
"""Real programs over several devices: what walks trees, copies them, and zonecopy's own commands on one folder."""
from compacting import *
from zctest import *

first, second = Image(zones=8), Image(zones=8, mkfs=("-L", "cold"))
fs = Mount([first, second], "tail=pad")
hot, cold = fs.device(0), fs.device("cold")
data = pattern(300 * KIB)
for number in range(3):
    write_direct(hot.seq(number), aligned(data))

equal(len(must("find", fs.path, "-xdev", "-type", "f").out.split()), 14)
equal(must("find", fs.path, "-samefile", cold.seq(2)).out.split(), [cold.seq(2)])
check(int(must("du", "-s", "--apparent-size", "-B1", fs.path).out.split()[0]) >= 3 * len(data), "du")
must("tar", "-C", fs.path, "-cf", os.path.join(TMP, "all.tar"), ".")
must("tar", "-C", fs.path, "--compare", "-f", os.path.join(TMP, "all.tar"))
succeeds("cp", "-r", "--no-preserve=all", *(hot.seq(number) for number in range(3)), cold / "seq")
for number in range(3):
    same_bytes(content(cold.seq(number)), data, f"cp of several files: {number}")
succeeds("cp", "--reflink=auto", "--sparse=always", hot.seq(0), cold.seq(3))
same_bytes(content(cold.seq(3)), data, "cp --sparse=always")
shutil.copyfile(hot.seq(1), cold.seq(4))
same_bytes(content(cold.seq(4)), data, "shutil")
must("dd", f"if={hot.seq(2)}", f"of={cold.seq(5)}", "bs=64K", "oflag=direct", "conv=notrunc", "count=4")
same_bytes(content(cold.seq(5)), data[:256 * KIB], "dd")
if shutil.which("rsync"):
    os.truncate(cold.seq(3), 0)
    succeeds("rsync", "--inplace", "--whole-file", hot.seq(0), cold / "seq/3")
    same_bytes(content(cold.seq(3)), data, "rsync --inplace")
check(run("mv", hot.seq(0), cold / "seq/6").status != 0 or content(cold.seq(6)) == data, "mv")
same_bytes(content(hot.seq(0)), data, "mv has not lost the source")

# zonecopy's own commands.
for number in (0, 3, 4, 5, 6):
    os.truncate(cold.seq(number), 0)
succeeds("zonecopy", "copy", hot.seq(1), hot.seq(2), cold.seq(0))
same_bytes(content(cold.seq(0)), data + data, "zonecopy copy from one device to another")
if shares_extents(TMP):
    succeeds("zonecopy", "run", "cp", "--reflink=always", hot.seq(1), cold.seq(3))
    same_bytes(content(cold.seq(3)), data, "zonecopy run cp --reflink")
for device in (hot, cold):
    for number in range(7):
        os.truncate(device.seq(number), 0)
cold.image = second
zones = Zones(cold, {0: [(0, 1), (5, 2)], 1: [(7, 3)]}, list_path=os.path.join(TMP, "live"))
one_line(run("zonecopy", "compact", fs.path, *zones.command()[3:]), (1, 2), "several devices", "name the folder of one")
succeeds(*zones.command())
zones.check_finished("compacted in a folder")
equal([os.stat(hot.seq(number)).st_size for number in range(7)], [0] * 7, "the other device")
