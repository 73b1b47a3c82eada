#!/usr/bin/env python3
"""Where no hole can be punched (ramfs; a file that can only be appended to) a reset zone is empty all the same."""
from zctest import *


def cycle(fs, number):
    write_direct(fs.seq(number), pattern(MIB, 1))
    os.truncate(fs.seq(number), 0)
    equal(os.stat(fs.seq(number)).st_size, 0, "after a reset")
    equal(content(fs.seq(number)), b"")
    write_direct(fs.seq(number), pattern(4096, 2))
    os.truncate(fs.seq(number), image.capacity)
    same_bytes(content(fs.seq(number)), pattern(4096, 2) + bytes(image.capacity - 4096), "finished: zeros, not what was there before")


ram = os.path.join(TMP, "ram")
os.mkdir(ram)
must("mount", "-t", "ramfs", "none", ram)
image = Image(directory=ram)
fs = image.mount()
cycle(fs, 0)
fs = fs.again()
same_bytes(content(fs.seq(0))[:4096], pattern(4096, 2), "mounted again")
cycle(fs, 1)
os.truncate(fs.seq(0), 0)
fs.unmount()

need_program("chattr")
image = Image()
fs = image.mount()
write_direct(fs.seq(1), pattern(MIB, 3))
if run("chattr", "+a", image.path).status == 0:
    try:
        cycle(fs, 0)
        fs.unmount()
        one_line(run("zonecopyfs", image.path, fs.path), 1, "-o ro")
        fs = image.mount("ro", point=fs.path)
        equal(os.stat(fs.seq(1)).st_size, MIB)
        fs.unmount()
    finally:
        must("chattr", "-a", image.path)
