#!/usr/bin/env python3
"""zonecopyfs --concat: several equal devices are one long device; a wrong order, a missing or a foreign device is refused."""
from zctest import *

images = [Image(zones=8, conventional=2, formatted=False), Image(zones=5, formatted=False), Image(zones=6, formatted=False)]
paths = [image.path for image in images]
foreign = Image(zones=6)
point = os.path.join(TMP, "mnt")
os.mkdir(point)
succeeds("mkfs.zonecopyfs", "--concat", *paths)


def unmount():
    must("umount", point)
    for path in paths:
        eventually(lambda: free(path), True)


def free(path):
    with opened(path, O_RDWR) as fd:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False


def mounted(*words):
    succeeds("zonecopyfs", *words)
    return Folder(point)


fs = mounted("--concat", *paths, point)
# Zone 0 of each device holds its record; the files are those of all others, in a row.
equal(len(os.listdir(fs / "cnv")), 1)
equal(len(os.listdir(fs / "seq")), 6 + 4 + 5)
data = pattern(MIB)
for number in (0, 5, 6, 9, 10, 14):
    write_direct(fs.seq(number), data)
# Copies within a device, from one to the next, and back.
for source, target in ((0, 1), (5, 7), (7, 2), (9, 11), (14, 3)):
    copy_all_of(fs.seq(source), fs.seq(target), len(data))
    same_bytes(content(fs.seq(target)), data, f"seq/{source} to seq/{target}")
equal(sum(fs.counter(f"bytes_{path}") for path in COPY_PATHS), 5 * len(data))
whole = report(fs.path)
equal(len(whole), 8 + 4 + 5, "report of the mount is that of the row")
equal(json.loads(must("zonecopy", "report", "--concat", *paths, "--json").out)["zone_count"], 17)
for path in paths:
    one_line(run("mkfs.zonecopyfs", "-f", path), 1, "mounted at", point)
check("concat" in fs.counter("options"), fs.counter("options"))
unmount()


for words, names in (
        (("--concat", paths[0], paths[2], paths[1]), (paths[2],)),
        (("--concat", paths[1], paths[0], paths[2]), ()),
        (("--concat", paths[0], paths[1]), ()),
        (("--concat", paths[0], paths[1], foreign.path), (foreign.path,)),
        (("--concat", *paths, foreign.path), ("3 devices, and 4 are given",)),
        (("--concat", paths[0]), ("several devices",)),
        (("--concat", paths[0], paths[0]), ("twice",))):
    one_line(run("zonecopyfs", *words, point), 1, *names)
    check(not os.path.ismount(point), f"{words} mounted")

# By mount(8)'s words, in the same order; and what was written is there.
fs = mounted(paths[0], point, "-o", f"concat,with={paths[1]},with={paths[2]}")
for number in (0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 14):
    same_bytes(content(fs.seq(number)), data, f"seq/{number} after mounting again")
os.truncate(fs.seq(6), 0)
equal(os.stat(fs.seq(5)).st_size, len(data), "the neighbour on the device before")
unmount()

# One that fails fails for the whole: it is one file system. What the others hold can be read.
fs = mounted("--concat", *paths, point, "-o", "errors=repair")
os.truncate(paths[1], 4096)
with opened(fs.seq(6), O_RDWR | O_DIRECT) as fd:
    refused("EIO ESTALE", os.pwrite, fd, aligned(data), 0)
check(paths[1] in fs.counter("last_error"), f"the device below is named: {fs.counter('last_error')}")
for number in (5, 14):
    same_bytes(content(fs.seq(number)), data, f"seq/{number} of a device that is whole")
unmount()
