#!/usr/bin/env python3
"""The tree of devices with and without conventional zones: names, order, types and inode numbers."""
from zctest import *


def listing(directory):
    """(name, inode, is a directory) in the order of readdir."""
    with os.scandir(directory) as entries:
        return [(entry.name, entry.inode(), entry.is_dir(follow_symlinks=False)) for entry in entries]


def examine(image, conventional, sequential):
    zones = image.zone_count
    fs = image.mount()
    groups = ([("cnv", zones + 1, True)] if conventional else []) + ([("seq", zones + 2, True)] if sequential else [])
    got = listing(fs.path)
    # Quirk of the kernel: without any sequential zone readdir lists seq all the same.
    check(got == groups or (not sequential and got == groups + [("seq", zones + 2, True)]), f"root: {got}")
    if conventional:
        equal(listing(fs / "cnv"), [(str(i), 1 + i, False) for i in range(conventional)], "cnv")
    else:
        refused("ENOENT", os.stat, fs / "cnv")
    if sequential:
        equal(listing(fs / "seq"), [(str(i), image.zone_of_seq(i), False) for i in range(sequential)], "seq")
    else:
        refused("ENOENT", os.stat, fs / "seq")
    for directory in [fs.path] + [fs / name for name, _, _ in groups]:
        names = must("ls", "-fa", directory).out.split()
        equal(names[:2], [".", ".."], "ls -fa begins")
        for name, inode, _ in listing(directory) if directory != fs.path else groups:
            if not equal(os.stat(os.path.join(directory, name)).st_ino, inode, f"{directory}/{name}: st_ino"):
                break
    fs.unmount()


examine(Image(zones=8), 0, 7)
examine(Image(zones=8, conventional=1), 0, 7)
examine(Image(zones=8, conventional=2), 1, 6)
examine(Image(zones=150, conventional=120, zone_size=64 * KIB), 119, 30)
examine(Image(zones=6, conventional=6), 5, 0)
